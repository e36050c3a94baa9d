SELECT CAST(date_trunc($1, CASE WHEN ("orders"."at" < TIMESTAMP '2026-03-08 07:00:00') THEN "orders"."at" + to_seconds(-18000) ELSE CASE WHEN ("orders"."at" < TIMESTAMP '2026-11-01 06:00:00') THEN "orders"."at" + to_seconds(-14400) ELSE "orders"."at" + to_seconds(-18000) END END) AS DATE) AS "at__week", CAST("orders"."country" AS TEXT) AS "country", count(*) AS "count", CAST(sum("orders"."items") AS BIGINT) AS "sum__items", median(CAST("orders"."amount" AS DOUBLE PRECISION)) AS "median__amount"
FROM "orders"
WHERE "orders"."at" >= $2 AND "orders"."at" < $3
GROUP BY 1, 2
ORDER BY "at__week" ASC NULLS LAST, "country" ASC NULLS LAST
LIMIT $4
-- $1 = 'week'
-- $2 = datetime.datetime(2026, 3, 1, 5, 0)
-- $3 = datetime.datetime(2026, 12, 1, 5, 0)
-- $4 = 1000
