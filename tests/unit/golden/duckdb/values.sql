SELECT CAST("orders"."country" AS TEXT) AS value, count(*) AS row_count
FROM "orders"
WHERE CAST("orders"."country" AS TEXT) ILIKE $1 ESCAPE '\'
GROUP BY 1
ORDER BY row_count DESC, value ASC NULLS LAST
LIMIT $2
-- $1 = '%d\\_%'
-- $2 = 20
