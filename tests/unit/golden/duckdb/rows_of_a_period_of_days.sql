SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."shipped_on" >= $1 AND "orders"."shipped_on" < $2
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $3
-- $1 = datetime.date(2026, 11, 1)
-- $2 = datetime.date(2026, 12, 1)
-- $3 = 1000
