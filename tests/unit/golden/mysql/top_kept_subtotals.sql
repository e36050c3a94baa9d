SELECT result.*
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE (CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) = %s
GROUP BY 1) AS result
ORDER BY result."country" IS NULL, result."country" ASC
LIMIT %s
-- $1 = 'DE'
-- $2 = 20
