SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
ORDER BY "orders"."at" ASC NULLS LAST, "orders"."country" ASC NULLS LAST, "orders"."note ""x""" ASC NULLS LAST
LIMIT $3
-- $1 = datetime.datetime(2026, 11, 16, 5, 0)
-- $2 = datetime.datetime(2026, 11, 23, 5, 0)
-- $3 = 1000
