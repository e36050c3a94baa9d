SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
WHERE "orders"."shipped_on" >= $1 AND "orders"."shipped_on" < $2
ORDER BY "orders"."at" ASC NULLS LAST, "orders"."country" ASC NULLS LAST, "orders"."note ""x""" ASC NULLS LAST
LIMIT $3
-- $1 = datetime.date(2026, 11, 1)
-- $2 = datetime.date(2026, 12, 1)
-- $3 = 1000
