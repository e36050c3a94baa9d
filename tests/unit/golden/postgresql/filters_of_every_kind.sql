SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE (lower(CAST(CAST("orders"."country" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") IN (lower(CAST(CAST(%s AS TEXT) AS TEXT) COLLATE pg_c_utf8) COLLATE "C", lower(CAST(CAST(%s AS TEXT) AS TEXT) COLLATE pg_c_utf8) COLLATE "C") AND ("orders"."country" IS NULL OR (lower(CAST(CAST("orders"."country" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") != (lower(CAST(CAST(%s AS TEXT) AS TEXT) COLLATE pg_c_utf8) COLLATE "C")) AND (CAST("orders"."note ""x""" AS TEXT) COLLATE "C") LIKE %s ESCAPE '\' AND ("orders"."note ""x""" IS NULL OR (lower(CAST(CAST("orders"."note ""x""" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") NOT LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\') AND ("orders"."note ""x""" IS NULL OR (lower(CAST(CAST("orders"."note ""x""" AS TEXT) COLLATE "C" AS TEXT) COLLATE pg_c_utf8) COLLATE "C") NOT LIKE (lower(CAST(%s AS TEXT) COLLATE pg_c_utf8) COLLATE "C") ESCAPE '\') AND ("orders"."items" IS NULL OR NOT ("orders"."items" >= %s AND "orders"."items" <= %s)) AND ("orders"."shipped_on" IS NULL OR NOT ("orders"."shipped_on" >= %s AND "orders"."shipped_on" <= %s)) AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE))) AND "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 'de'
-- $2 = 'FR'
-- $3 = 'de'
-- $4 = '%a%'
-- $5 = 'a%'
-- $6 = '%a'
-- $7 = 1
-- $8 = 2
-- $9 = datetime.date(2026, 1, 1)
-- $10 = datetime.date(2026, 1, 31)
-- $11 = datetime.datetime(2026, 11, 21, 22, 0, tzinfo=datetime.timezone.utc)
-- $12 = datetime.datetime(2026, 11, 28, 22, 0, tzinfo=datetime.timezone.utc)
-- $13 = datetime.datetime(2026, 9, 30, 21, 0, tzinfo=datetime.timezone.utc)
-- $14 = datetime.datetime(2026, 11, 23, 22, 0, tzinfo=datetime.timezone.utc)
-- $15 = 1000
