SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."items" >= $1 OR NOT coalesce(CAST("orders"."country" AS TEXT) = $2 OR CAST("orders"."country" AS TEXT) = $3 AND "orders"."is_paid" IS NULL, false)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $4
-- $1 = 1
-- $2 = 'DE'
-- $3 = 'FR'
-- $4 = 1000
