SELECT result."country" AS "country", result."count" AS "count", result."sum__amount" AS "sum__amount"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE (CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) = %s
GROUP BY 1) AS result
ORDER BY result."country" IS NULL, CAST(result."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = 'DE'
-- $2 = 20
