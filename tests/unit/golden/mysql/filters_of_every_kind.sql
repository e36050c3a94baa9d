SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE lower(CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) IN (lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin), lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin)) AND ("orders"."country" IS NULL OR lower(CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin) != lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin)) AND (CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) LIKE %s ESCAPE '\\' AND ("orders"."note ""x""" IS NULL OR lower(CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) NOT LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\') AND ("orders"."note ""x""" IS NULL OR lower(CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin) NOT LIKE lower(CAST(%s AS CHAR) COLLATE utf8mb4_nopad_bin) ESCAPE '\\') AND ("orders"."items" IS NULL OR NOT ("orders"."items" >= %s AND "orders"."items" <= %s)) AND ("orders"."shipped_on" IS NULL OR NOT ("orders"."shipped_on" >= %s AND "orders"."shipped_on" <= %s)) AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6)))) AND "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
ORDER BY "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = 'de'
-- $2 = 'FR'
-- $3 = 'de'
-- $4 = '%a%'
-- $5 = 'a%'
-- $6 = '%a'
-- $7 = 1
-- $8 = 2
-- $9 = datetime.date(2026, 1, 1)
-- $10 = datetime.date(2026, 1, 31)
-- $11 = datetime.datetime(2026, 11, 21, 22, 0)
-- $12 = datetime.datetime(2026, 11, 28, 22, 0)
-- $13 = datetime.datetime(2026, 9, 30, 21, 0)
-- $14 = datetime.datetime(2026, 11, 23, 22, 0)
-- $15 = 1000
