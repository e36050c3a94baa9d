SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
ORDER BY "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s, %s
-- $1 = 40
-- $2 = 20
