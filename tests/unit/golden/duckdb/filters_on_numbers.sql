SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
WHERE ("orders"."items" IS NULL OR "orders"."items" != $1) AND "orders"."amount" >= $2 AND "orders"."amount" <= $3 AND "orders"."amount" > $4 AND "orders"."is_paid" = true
ORDER BY "orders"."at" ASC NULLS LAST, "orders"."country" ASC NULLS LAST, "orders"."note ""x""" ASC NULLS LAST
LIMIT $5
-- $1 = 3
-- $2 = Decimal('1.5')
-- $3 = Decimal('2')
-- $4 = Decimal('0')
-- $5 = 1000
