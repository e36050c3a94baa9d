SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s OFFSET %s
-- $1 = 20
-- $2 = 40
