SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
ORDER BY "rowid" ASC NULLS LAST
LIMIT %s
-- $1 = 1000
