SELECT CAST("orders"."country" AS TEXT) AS "country", CAST(date_trunc($1, timezone($2, timezone($3, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2
ORDER BY "country" ASC NULLS LAST, "count" DESC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT $4
-- $1 = 'month'
-- $2 = 'Asia/Kathmandu'
-- $3 = 'UTC'
-- $4 = 1000
