SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6)) AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6)))) AND "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" <= CAST(%s AS DATETIME(6)) AND "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6)) AND "orders"."shipped_on" >= %s AND "orders"."shipped_on" <= %s
ORDER BY "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = datetime.datetime(2026, 4, 23, 22, 0)
-- $2 = datetime.datetime(2026, 4, 24, 21, 0)
-- $3 = datetime.datetime(2026, 4, 23, 22, 0)
-- $4 = datetime.datetime(2026, 4, 24, 21, 0)
-- $5 = datetime.datetime(2026, 4, 23, 22, 0)
-- $6 = datetime.datetime(2026, 4, 24, 9, 0)
-- $7 = datetime.datetime(2025, 12, 31, 22, 0)
-- $8 = datetime.datetime(2026, 11, 23, 22, 0)
-- $9 = datetime.date(2026, 1, 1)
-- $10 = datetime.date(2026, 1, 31)
-- $11 = 1000
