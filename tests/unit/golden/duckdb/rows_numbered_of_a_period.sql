SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
ORDER BY "rowid" ASC NULLS LAST
LIMIT $3
-- $1 = datetime.datetime(2026, 11, 16, 0, 0)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0)
-- $3 = 1000
