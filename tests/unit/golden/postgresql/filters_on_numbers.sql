SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE ("orders"."items" IS NULL OR "orders"."items" != %s) AND "orders"."amount" >= %s AND "orders"."amount" <= %s AND "orders"."amount" > %s AND "orders"."is_paid" = true
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 3
-- $2 = Decimal('1.5')
-- $3 = Decimal('2')
-- $4 = Decimal('0')
-- $5 = 1000
