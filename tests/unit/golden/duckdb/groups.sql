SELECT CAST(date_trunc($1, timezone($2, timezone($3, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__week", CAST("orders"."country" AS TEXT) AS "country", count(*) AS "count", CAST(sum("orders"."items") AS BIGINT) AS "sum__items", median(CAST("orders"."amount" AS DOUBLE PRECISION)) AS "median__amount"
FROM "orders"
GROUP BY 1, 2
ORDER BY "sum__items" DESC NULLS LAST, "at__week" ASC NULLS LAST, "country" ASC NULLS LAST
LIMIT $4
-- $1 = 'week'
-- $2 = 'Asia/Kathmandu'
-- $3 = 'UTC'
-- $4 = 1000
