SELECT CAST(date_trunc($1, "orders"."at" + to_seconds(20700)) AS DATE) AS "at__week", CAST("orders"."country" AS TEXT) AS "country", count(*) AS "count", CAST(sum("orders"."items") AS BIGINT) AS "sum__items", median(CAST("orders"."amount" AS DOUBLE PRECISION)) AS "median__amount"
FROM "orders"
WHERE "orders"."at" >= $2 AND "orders"."at" < $3
GROUP BY 1, 2
ORDER BY "at__week" ASC NULLS LAST, "country" ASC NULLS LAST
LIMIT $4
-- $1 = 'week'
-- $2 = datetime.datetime(2026, 11, 15, 18, 15)
-- $3 = datetime.datetime(2026, 11, 22, 18, 15)
-- $4 = 1000
