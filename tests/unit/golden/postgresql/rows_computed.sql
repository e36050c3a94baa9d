SELECT "orders"."at" AS "at", CAST("orders"."country" AS TEXT) AS "country", CAST("orders"."note ""x""" AS TEXT) AS "note_x 9c7cbfb7d662", CAST("orders"."amount" AS DOUBLE PRECISION) / CAST(nullif(CAST("orders"."items" AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "each"
FROM "orders"
WHERE CAST("orders"."amount" AS DOUBLE PRECISION) / CAST(nullif(CAST("orders"."items" AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) > %s
ORDER BY CAST("orders"."amount" AS DOUBLE PRECISION) / CAST(nullif(CAST("orders"."items" AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) DESC NULLS LAST, "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) COLLATE "C" ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 0
-- $2 = 0
-- $3 = Decimal('1')
-- $4 = 0
-- $5 = 1000
