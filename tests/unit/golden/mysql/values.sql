SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS value, count(*) AS row_count
FROM "orders"
WHERE lower(CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\'
GROUP BY 1
ORDER BY row_count DESC, value IS NULL, value ASC
LIMIT %s
-- $1 = '%d\\_%'
-- $2 = 20
