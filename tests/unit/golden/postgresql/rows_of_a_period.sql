SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = datetime.datetime(2026, 11, 16, 5, 0, tzinfo=datetime.timezone.utc)
-- $2 = datetime.datetime(2026, 11, 23, 5, 0, tzinfo=datetime.timezone.utc)
-- $3 = 1000
