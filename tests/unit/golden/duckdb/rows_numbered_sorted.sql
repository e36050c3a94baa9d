SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
ORDER BY CAST("orders"."country" AS TEXT) DESC NULLS LAST, "rowid" ASC NULLS LAST
LIMIT $1
-- $1 = 1000
