SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."count previous_period" AS "before", CAST(grouped."sum__amount" - grouped."sum__amount previous_year" AS DOUBLE PRECISION) / nullif(CAST(abs(grouped."sum__amount previous_year") AS DOUBLE PRECISION), $1) AS "change"
FROM (SELECT stacked."key 1" AS "country", stacked."key 2" AS "at__month", max(stacked."value 1") AS "count", max(stacked."value 2") AS "sum__amount", max(stacked."value 3") AS "count previous_period", max(stacked."value 4") AS "sum__amount previous_year"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "key 1", CAST(date_trunc($2, "orders"."at" + to_seconds(20700)) AS DATE) AS "key 2", count(*) AS "value 1", sum("orders"."amount") AS "value 2", 0 AS "value 3", CAST(NULL AS NUMERIC(1, 0)) AS "value 4"
FROM "orders"
WHERE "orders"."at" >= $3 AND "orders"."at" < $4
GROUP BY 1, 2 UNION ALL SELECT CAST("orders"."country" AS TEXT) AS "key 1", CAST(date_trunc($5, CAST(CAST(CAST("orders"."at" + to_seconds(20700) AS DATE) AS DATE) + to_months(CAST(3 AS INTEGER)) AS DATE)) AS DATE) AS "key 2", 0 AS "value 1", CAST(NULL AS NUMERIC(1, 0)) AS "value 2", count(*) AS "value 3", CAST(NULL AS NUMERIC(1, 0)) AS "value 4"
FROM "orders"
WHERE "orders"."at" >= $6 AND "orders"."at" < $7
GROUP BY 1, 2 UNION ALL SELECT CAST("orders"."country" AS TEXT) AS "key 1", CAST(date_trunc($8, CAST(CAST(CAST("orders"."at" + to_seconds(20700) AS DATE) AS DATE) + to_months(CAST(12 AS INTEGER)) AS DATE)) AS DATE) AS "key 2", 0 AS "value 1", CAST(NULL AS NUMERIC(1, 0)) AS "value 2", 0 AS "value 3", sum("orders"."amount") AS "value 4"
FROM "orders"
WHERE "orders"."at" >= $9 AND "orders"."at" < $10
GROUP BY 1, 2) AS stacked
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
