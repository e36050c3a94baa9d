SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
ORDER BY "rowid" IS NULL, "rowid" ASC
LIMIT %s
-- $1 = datetime.datetime(2026, 11, 16, 0, 0)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0)
-- $3 = 1000
