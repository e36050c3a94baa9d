SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."items" >= %s OR NOT coalesce((CAST("orders"."country" AS TEXT) COLLATE "C") = %s OR (CAST("orders"."country" AS TEXT) COLLATE "C") = %s AND "orders"."is_paid" IS NULL, false)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 1
-- $2 = 'DE'
-- $3 = 'FR'
-- $4 = 1000
