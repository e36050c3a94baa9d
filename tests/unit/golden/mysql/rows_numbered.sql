SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
LIMIT %s
-- $1 = 1000
