SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
LIMIT $1
-- $1 = 1000
