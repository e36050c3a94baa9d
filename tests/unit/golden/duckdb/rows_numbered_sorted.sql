SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
ORDER BY "orders"."country" DESC NULLS LAST, "rowid" ASC NULLS LAST
LIMIT $1
-- $1 = 1000
