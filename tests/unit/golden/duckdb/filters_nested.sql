SELECT "orders"."at", "orders"."country", "orders"."note ""x"""
FROM "orders"
WHERE "orders"."items" >= $1 OR NOT coalesce(CAST("orders"."country" AS TEXT) = $2 OR CAST("orders"."country" AS TEXT) = $3 AND "orders"."is_paid" IS NULL, false)
ORDER BY "orders"."at" ASC NULLS LAST, "orders"."country" ASC NULLS LAST, "orders"."note ""x""" ASC NULLS LAST
LIMIT $4
-- $1 = 1
-- $2 = 'DE'
-- $3 = 'FR'
-- $4 = 1000
