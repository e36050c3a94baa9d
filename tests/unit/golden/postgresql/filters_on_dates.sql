SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE) AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE))) AND "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" <= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."shipped_on" >= %s AND "orders"."shipped_on" <= %s
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = datetime.datetime(2026, 4, 23, 22, 0, tzinfo=datetime.timezone.utc)
-- $2 = datetime.datetime(2026, 4, 24, 21, 0, tzinfo=datetime.timezone.utc)
-- $3 = datetime.datetime(2026, 4, 23, 22, 0, tzinfo=datetime.timezone.utc)
-- $4 = datetime.datetime(2026, 4, 24, 21, 0, tzinfo=datetime.timezone.utc)
-- $5 = datetime.datetime(2026, 4, 23, 22, 0, tzinfo=datetime.timezone.utc)
-- $6 = datetime.datetime(2026, 4, 24, 9, 0, tzinfo=datetime.timezone.utc)
-- $7 = datetime.datetime(2025, 12, 31, 22, 0, tzinfo=datetime.timezone.utc)
-- $8 = datetime.datetime(2026, 11, 23, 22, 0, tzinfo=datetime.timezone.utc)
-- $9 = datetime.date(2026, 1, 1)
-- $10 = datetime.date(2026, 1, 31)
-- $11 = 1000
