SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE ("orders"."items" IS NULL OR "orders"."items" != $1) AND "orders"."amount" >= $2 AND "orders"."amount" <= $3 AND "orders"."amount" > $4 AND "orders"."is_paid" = true
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $5
-- $1 = 3
-- $2 = Decimal('1.5')
-- $3 = Decimal('2')
-- $4 = Decimal('0')
-- $5 = 1000
