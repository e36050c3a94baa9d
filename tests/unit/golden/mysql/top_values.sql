SELECT result.*
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS result
ORDER BY result."count" IS NULL, result."count" DESC, result."country" IS NULL, result."country" ASC
LIMIT %s
-- $1 = 2
