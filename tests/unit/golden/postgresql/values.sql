SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS value, count(*) AS row_count
FROM "orders"
WHERE (lower(CAST(CAST("orders"."country" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\'
GROUP BY 1
ORDER BY row_count DESC, value ASC NULLS LAST
LIMIT %s
-- $1 = '%d\\_%'
-- $2 = 20
