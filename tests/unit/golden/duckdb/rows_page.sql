SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
ORDER BY "orders"."at" ASC NULLS LAST, "orders"."country" ASC NULLS LAST, "orders"."note ""x""" ASC NULLS LAST
LIMIT $1 OFFSET $2
-- $1 = 20
-- $2 = 40
