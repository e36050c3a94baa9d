SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."shipped_on" >= %s AND "orders"."shipped_on" < %s
ORDER BY "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = datetime.date(2026, 11, 1)
-- $2 = datetime.date(2026, 12, 1)
-- $3 = 1000
