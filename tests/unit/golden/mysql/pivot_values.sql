SELECT result.*, count(*) OVER () AS "rows matched"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country"
FROM "orders"
GROUP BY 1) AS result
ORDER BY result."country" IS NULL, result."country" ASC
LIMIT %s
-- $1 = 100
