SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE (CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) = %s AND (CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) IN (%s, %s) AND ("orders"."country" IS NULL OR ((CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) NOT IN (%s, %s))) AND lower(CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\' AND ("orders"."note ""x""" IS NULL OR lower(CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) NOT LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\') AND (lower(CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\' OR lower(CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\') AND ("orders"."note ""x""" IS NULL OR (CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) = %s) AND NOT ("orders"."note ""x""" IS NULL OR (CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) = %s)
ORDER BY "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = 'DE'
-- $2 = 'DE'
-- $3 = 'FR'
-- $4 = 'DE'
-- $5 = 'FR'
-- $6 = '%50\\%\\_\\\\%'
-- $7 = '%x%'
-- $8 = 'a%'
-- $9 = 'b%'
-- $10 = ''
-- $11 = ''
-- $12 = 1000
