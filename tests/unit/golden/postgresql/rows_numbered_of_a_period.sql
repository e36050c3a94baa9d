SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
ORDER BY "rowid" ASC NULLS LAST
LIMIT %s
-- $1 = datetime.datetime(2026, 11, 16, 0, 0, tzinfo=datetime.timezone.utc)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0, tzinfo=datetime.timezone.utc)
-- $3 = 1000
