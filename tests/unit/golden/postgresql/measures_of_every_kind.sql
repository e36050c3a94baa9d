SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY CAST("orders"."weight" AS DOUBLE PRECISION)) AS "percentile_90__weight", sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" END) AS "paid_amount 8ceb7388d942", count(CASE WHEN ("orders"."is_paid" = true) THEN 1 END) AS "paid", CAST(sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" * "orders"."items" END) AS DOUBLE PRECISION) / CAST(nullif(CAST(count(DISTINCT (CAST(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."country" END AS TEXT) COLLATE "C")) AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) + CAST(%s AS BIGINT) AS "x"
FROM "orders"
LIMIT %s
-- $1 = 0
-- $2 = 1
-- $3 = 1000
