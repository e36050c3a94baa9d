SELECT max(stacked."value 2") AS "percentile_90__weight", max(stacked."value 3") AS "paid_amount 8ceb7388d942", max(stacked."value 4") AS "paid", CAST(max(stacked."value 5") AS DOUBLE PRECISION) / CAST(nullif(CAST(max(stacked."value 1") AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) + CAST(%s AS BIGINT) AS "x"
FROM (SELECT count(gathered."own 1") AS "value 1", CAST(NULL AS NUMERIC) AS "value 2", CAST(NULL AS NUMERIC) AS "value 3", 0 AS "value 4", CAST(NULL AS NUMERIC) AS "value 5"
FROM (SELECT CAST(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."country" END AS TEXT) COLLATE "C" AS "own 1"
FROM "orders"
GROUP BY 1) AS gathered UNION ALL SELECT 0 AS "value 1", percentile_cont(0.9) WITHIN GROUP (ORDER BY CAST("orders"."weight" AS DOUBLE PRECISION)) AS "value 2", sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" END) AS "value 3", count(CASE WHEN ("orders"."is_paid" = true) THEN 1 END) AS "value 4", sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" * "orders"."items" END) AS "value 5"
FROM "orders") AS stacked
LIMIT %s
-- $1 = 0
-- $2 = 1
-- $3 = 1000
