SELECT result."percentile_90__weight" * 1 AS "percentile_90__weight", result."paid_amount 8ceb7388d942" AS "paid_amount 8ceb7388d942", result."paid" AS "paid", result."x" * 1 AS "x"
FROM (SELECT CAST(substring_index(substring_index(group_concat(CAST("orders"."weight" AS DOUBLE)
ORDER BY CAST("orders"."weight" AS DOUBLE)), ',', floor(0.9 * (count(CAST("orders"."weight" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE) + (((0.9 * (count(CAST("orders"."weight" AS DOUBLE)) - 1)) - floor(0.9 * (count(CAST("orders"."weight" AS DOUBLE)) - 1))) * (CAST(substring_index(substring_index(group_concat(CAST("orders"."weight" AS DOUBLE)
ORDER BY CAST("orders"."weight" AS DOUBLE)), ',', ceil(0.9 * (count(CAST("orders"."weight" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE) - CAST(substring_index(substring_index(group_concat(CAST("orders"."weight" AS DOUBLE)
ORDER BY CAST("orders"."weight" AS DOUBLE)), ',', floor(0.9 * (count(CAST("orders"."weight" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE))) AS "percentile_90__weight", sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" END) AS "paid_amount 8ceb7388d942", count(CASE WHEN ("orders"."is_paid" = true) THEN 1 END) AS "paid", CAST(sum(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" * CAST("orders"."items" AS SIGNED INTEGER) END) AS DOUBLE) / nullif(CAST(count(DISTINCT (CAST(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."country" END AS CHAR) COLLATE utf8mb4_nopad_bin)) AS DOUBLE), %s) + CAST(%s AS SIGNED INTEGER) AS "x"
FROM "orders") AS result
LIMIT %s
-- $1 = 0
-- $2 = 1
-- $3 = 1000
