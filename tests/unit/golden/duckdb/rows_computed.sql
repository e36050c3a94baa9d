SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662", CAST("orders"."amount" AS DOUBLE PRECISION) / nullif(CAST("orders"."items" AS DOUBLE PRECISION), $1) AS "each"
FROM "orders"
WHERE CAST("orders"."amount" AS DOUBLE PRECISION) / nullif(CAST("orders"."items" AS DOUBLE PRECISION), $1) > $2
ORDER BY CAST("orders"."amount" AS DOUBLE PRECISION) / nullif(CAST("orders"."items" AS DOUBLE PRECISION), $1) DESC NULLS LAST, "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $3
-- $1 = 0
-- $2 = Decimal('1')
-- $3 = 1000
