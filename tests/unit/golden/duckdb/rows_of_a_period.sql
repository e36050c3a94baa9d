SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $3
-- $1 = datetime.datetime(2026, 11, 16, 5, 0)
-- $2 = datetime.datetime(2026, 11, 23, 5, 0)
-- $3 = 1000
