SELECT result."day" AS "day", result."count" AS "count", result."sum__amount" AS "sum__amount", result."median__paid" * 1 AS "median__paid", result."max__product" AS "max__product"
FROM (SELECT stacked."key 1" AS "day", max(stacked."value 1") AS "count", max(stacked."value 2") AS "sum__amount", max(stacked."value 4") AS "median__paid", max(stacked."value 3") AS "max__product"
FROM (SELECT "sales"."day" AS "key 1", count(*) AS "value 1", CAST(NULL AS SIGNED INTEGER) AS "value 2", CAST(NULL AS CHAR) AS "value 3", CAST(NULL AS DECIMAL(65, 30)) AS "value 4"
FROM "sales"
GROUP BY 1 UNION ALL SELECT "t0"."day" AS "key 1", 0 AS "value 1", CAST(sum("t1"."amount") AS SIGNED INTEGER) * CASE WHEN (sum("t1"."amount") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END AS "value 2", max(CAST("t1"."product" AS CHAR) COLLATE utf8mb4_nopad_bin) AS "value 3", CAST(NULL AS DECIMAL(65, 30)) AS "value 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "lines" AS "t1" ON "t0"."sale_id" = "t1"."sale_id"
GROUP BY 1 UNION ALL SELECT "t0"."day" AS "key 1", 0 AS "value 1", CAST(NULL AS SIGNED INTEGER) AS "value 2", CAST(NULL AS CHAR) AS "value 3", CAST(substring_index(substring_index(group_concat(CAST("t1"."paid" AS DOUBLE)
ORDER BY CAST("t1"."paid" AS DOUBLE)), ',', floor(0.5 * (count(CAST("t1"."paid" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE) + (((0.5 * (count(CAST("t1"."paid" AS DOUBLE)) - 1)) - floor(0.5 * (count(CAST("t1"."paid" AS DOUBLE)) - 1))) * (CAST(substring_index(substring_index(group_concat(CAST("t1"."paid" AS DOUBLE)
ORDER BY CAST("t1"."paid" AS DOUBLE)), ',', ceil(0.5 * (count(CAST("t1"."paid" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE) - CAST(substring_index(substring_index(group_concat(CAST("t1"."paid" AS DOUBLE)
ORDER BY CAST("t1"."paid" AS DOUBLE)), ',', floor(0.5 * (count(CAST("t1"."paid" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE))) AS "value 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "payments" AS "t1" ON "t0"."sale_id" = "t1"."sale_id"
GROUP BY 1) AS stacked
GROUP BY 1) AS result
ORDER BY result."day" IS NULL, result."day" ASC
LIMIT %s
-- $1 = 1000
