SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2 AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= $3 AND "orders"."at" < $4)) AND "orders"."at" >= $5 AND "orders"."at" <= $6 AND "orders"."at" >= $7 AND "orders"."at" < $8 AND "orders"."shipped_on" >= $9 AND "orders"."shipped_on" <= $10
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $11
-- $1 = datetime.datetime(2026, 4, 23, 22, 0)
-- $2 = datetime.datetime(2026, 4, 24, 21, 0)
-- $3 = datetime.datetime(2026, 4, 23, 22, 0)
-- $4 = datetime.datetime(2026, 4, 24, 21, 0)
-- $5 = datetime.datetime(2026, 4, 23, 22, 0)
-- $6 = datetime.datetime(2026, 4, 24, 9, 0)
-- $7 = datetime.datetime(2025, 12, 31, 22, 0)
-- $8 = datetime.datetime(2026, 11, 23, 22, 0)
-- $9 = datetime.date(2026, 1, 1)
-- $10 = datetime.date(2026, 1, 31)
-- $11 = 1000
