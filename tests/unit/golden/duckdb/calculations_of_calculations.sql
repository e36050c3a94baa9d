SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."share" AS "share", grouped."share" * CAST($1 AS BIGINT) AS "percent"
FROM (SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", CAST(grouped."count" AS DOUBLE PRECISION) / nullif(CAST(sum(grouped."count") OVER () AS DOUBLE PRECISION), $2) AS "share"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "country", CAST(date_trunc($3, timezone($4, timezone($5, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS grouped) AS grouped
ORDER BY "country" ASC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT $6
-- $1 = 100
-- $2 = 0
-- $3 = 'month'
-- $4 = 'Asia/Kathmandu'
-- $5 = 'UTC'
-- $6 = 1000
