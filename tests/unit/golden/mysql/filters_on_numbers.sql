SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE ("orders"."items" IS NULL OR "orders"."items" != %s) AND "orders"."amount" >= %s AND "orders"."amount" <= %s AND "orders"."amount" > %s AND "orders"."is_paid" = true
ORDER BY "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = 3
-- $2 = Decimal('1.5')
-- $3 = Decimal('2')
-- $4 = Decimal('0')
-- $5 = 1000
