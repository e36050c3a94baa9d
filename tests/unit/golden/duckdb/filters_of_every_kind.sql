SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE lower(CAST("orders"."country" AS TEXT)) IN (lower(CAST($1 AS TEXT)), lower(CAST($2 AS TEXT))) AND ("orders"."country" IS NULL OR lower(CAST("orders"."country" AS TEXT)) != lower(CAST($3 AS TEXT))) AND CAST("orders"."note ""x""" AS TEXT) LIKE $4 ESCAPE '\' AND ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS TEXT) NOT ILIKE $5 ESCAPE '\') AND ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS TEXT) NOT ILIKE $6 ESCAPE '\') AND ("orders"."items" IS NULL OR NOT ("orders"."items" >= $7 AND "orders"."items" <= $8)) AND ("orders"."shipped_on" IS NULL OR NOT ("orders"."shipped_on" >= $9 AND "orders"."shipped_on" <= $10)) AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= $11 AND "orders"."at" < $12)) AND "orders"."at" >= $13 AND "orders"."at" < $14
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $15
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
-- $11 = datetime.datetime(2026, 11, 21, 22, 0)
-- $12 = datetime.datetime(2026, 11, 28, 22, 0)
-- $13 = datetime.datetime(2026, 9, 30, 21, 0)
-- $14 = datetime.datetime(2026, 11, 23, 22, 0)
-- $15 = 1000
