SELECT "orders"."country" AS value, count(*) AS row_count
FROM "orders"
WHERE CAST("orders"."country" AS TEXT) ILIKE $1 ESCAPE '\'
GROUP BY 1
ORDER BY 2 DESC, 1 ASC NULLS LAST
LIMIT $2
-- $1 = '%d\\_%'
-- $2 = 20
