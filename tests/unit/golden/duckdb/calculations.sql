SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", CAST(grouped."count" AS DOUBLE PRECISION) / nullif(CAST(sum(grouped."count") OVER (PARTITION BY grouped."at__month") AS DOUBLE PRECISION), $1) AS "share", CASE WHEN (grouped."sum__amount" IS NOT NULL) THEN rank() OVER (ORDER BY grouped."sum__amount" DESC NULLS LAST) END AS "place", CAST(sum(grouped."count") OVER (ORDER BY grouped."sum__amount" DESC NULLS LAST, grouped."country" ASC NULLS LAST, grouped."at__month" ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS "so_far 4e93f1dc7bd9"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "country", CAST(date_trunc($2, timezone($3, timezone($4, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS grouped
ORDER BY "sum__amount" DESC NULLS LAST, "country" ASC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT $5
-- $1 = 0
-- $2 = 'month'
-- $3 = 'Asia/Kathmandu'
-- $4 = 'UTC'
-- $5 = 1000
