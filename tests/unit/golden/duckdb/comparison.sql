SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."count previous_period" AS "before", CAST(grouped."sum__amount" - grouped."sum__amount previous_year" AS DOUBLE PRECISION) / nullif(CAST(abs(grouped."sum__amount previous_year") AS DOUBLE PRECISION), $1) AS "change"
FROM (SELECT prepared."key 1" AS "country", prepared."key 2" AS "at__month", count(CASE WHEN ("row side" = 0) THEN 1 END) AS "count", sum(CASE WHEN ("row side" = 0) THEN "operand 1" END) AS "sum__amount", count(CASE WHEN ("row side" = 1) THEN 1 END) AS "count previous_period", sum(CASE WHEN ("row side" = 2) THEN "operand 1" END) AS "sum__amount previous_year"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "key 1", CAST(date_trunc($2, "orders"."at" + to_seconds(20700)) AS DATE) AS "key 2", "orders"."amount" AS "operand 1", 0 AS "row side"
FROM "orders"
WHERE "orders"."at" >= $3 AND "orders"."at" < $4 UNION ALL SELECT CAST("orders"."country" AS TEXT) AS "key 1", CAST(date_trunc($5, CAST(CAST(CAST("orders"."at" + to_seconds(20700) AS DATE) AS DATE) + to_months(CAST(3 AS INTEGER)) AS DATE)) AS DATE) AS "key 2", "orders"."amount" AS "operand 1", 1 AS "row side"
FROM "orders"
WHERE "orders"."at" >= $6 AND "orders"."at" < $7 UNION ALL SELECT CAST("orders"."country" AS TEXT) AS "key 1", CAST(date_trunc($8, CAST(CAST(CAST("orders"."at" + to_seconds(20700) AS DATE) AS DATE) + to_months(CAST(12 AS INTEGER)) AS DATE)) AS DATE) AS "key 2", "orders"."amount" AS "operand 1", 2 AS "row side"
FROM "orders"
WHERE "orders"."at" >= $9 AND "orders"."at" < $10) AS prepared
GROUP BY 1, 2) AS grouped
ORDER BY "country" ASC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT $11
-- $1 = 0
-- $2 = 'month'
-- $3 = datetime.datetime(2026, 7, 31, 18, 15)
-- $4 = datetime.datetime(2026, 10, 31, 18, 15)
-- $5 = 'month'
-- $6 = datetime.datetime(2026, 4, 30, 18, 15)
-- $7 = datetime.datetime(2026, 7, 31, 18, 15)
-- $8 = 'month'
-- $9 = datetime.datetime(2025, 7, 31, 18, 15)
-- $10 = datetime.datetime(2025, 10, 31, 18, 15)
-- $11 = 1000
