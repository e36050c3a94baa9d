SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE (CAST("orders"."country" AS TEXT) COLLATE "C") = %s AND (CAST("orders"."country" AS TEXT) COLLATE "C") IN (%s, %s) AND ("orders"."country" IS NULL OR ((CAST("orders"."country" AS TEXT) COLLATE "C") NOT IN (%s, %s))) AND (lower(CAST(CAST("orders"."note ""x""" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\' AND ("orders"."note ""x""" IS NULL OR (lower(CAST(CAST("orders"."note ""x""" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") NOT LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\') AND ((lower(CAST(CAST("orders"."note ""x""" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\' OR (lower(CAST(CAST("orders"."note ""x""" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\') AND ("orders"."note ""x""" IS NULL OR (CAST("orders"."note ""x""" AS TEXT) COLLATE "C") = %s) AND NOT ("orders"."note ""x""" IS NULL OR (CAST("orders"."note ""x""" AS TEXT) COLLATE "C") = %s)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
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
