SELECT result."product" AS "product", result."count" AS "count", result."tea" AS "tea", result."max__credit" AS "max__credit", result."measure__basket" * 1 AS "measure__basket"
FROM (SELECT gathered."key 1" AS "product", count(1) AS "count", CAST(sum(gathered."part 1") AS SIGNED INTEGER) * CASE WHEN (sum(gathered."part 1") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END AS "tea", max(gathered."part 4") AS "max__credit", CAST(CAST(sum(gathered."part 3") AS SIGNED INTEGER) * CASE WHEN (sum(gathered."part 3") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END AS DOUBLE) / nullif(CAST(count(DISTINCT gathered."part 2") AS DOUBLE), %s) AS "measure__basket"
FROM (SELECT CAST("t2"."product" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", "t0"."sale_id" AS "own 1", max(CASE WHEN ("t2"."amount" = %s) THEN "t0"."shipping" END) AS "part 1", max("t0"."sale_id") AS "part 2", sum("t2"."amount") AS "part 3", max("t1"."credit") AS "part 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "customers" AS "t1" ON "t0"."customer_id" = "t1"."id" LEFT OUTER JOIN "lines" AS "t2" ON "t0"."sale_id" = "t2"."sale_id"
WHERE (CAST("t1"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) = %s
GROUP BY 1, 2) AS gathered
GROUP BY 1) AS result
ORDER BY result."product" IS NULL, result."product" ASC
LIMIT %s
-- $1 = 0
-- $2 = 1
-- $3 = 'DE'
-- $4 = 1000
