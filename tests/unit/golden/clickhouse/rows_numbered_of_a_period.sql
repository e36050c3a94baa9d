SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')}
ORDER BY "rowid" ASC NULLS LAST
LIMIT {p3:Int64}
-- $1 = datetime.datetime(2026, 11, 16, 0, 0)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0)
-- $3 = 1000
