SELECT quantile_cont(CAST("orders"."weight" AS DOUBLE PRECISION), 0.9) AS "percentile_90__weight", sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" END) AS "paid_amount 8ceb7388d942", count(CASE WHEN ("orders"."is_paid" = true) THEN 1 END) AS "paid", CAST(sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" * CAST("orders"."items" AS BIGINT) END) AS DOUBLE PRECISION) / nullif(CAST(count(DISTINCT CASE WHEN ("orders"."is_paid" = true) THEN "orders"."country" END) AS DOUBLE PRECISION), $1) + CAST($2 AS BIGINT) AS "x"
FROM "orders"
LIMIT $3
-- $1 = 0
-- $2 = 1
-- $3 = 1000
