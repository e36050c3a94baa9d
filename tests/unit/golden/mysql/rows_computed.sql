SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662", (CAST("orders"."amount" AS DOUBLE) / nullif(CAST("orders"."items" AS DOUBLE), %s)) * 1 AS "each"
FROM "orders"
WHERE CAST("orders"."amount" AS DOUBLE) / nullif(CAST("orders"."items" AS DOUBLE), %s) > %s
ORDER BY CAST("orders"."amount" AS DOUBLE) / nullif(CAST("orders"."items" AS DOUBLE), %s) IS NULL, CAST("orders"."amount" AS DOUBLE) / nullif(CAST("orders"."items" AS DOUBLE), %s) DESC, "orders"."at" IS NULL, "orders"."at" ASC, "orders"."country" IS NULL, CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin ASC, "orders"."note ""x""" IS NULL, CAST("orders"."note ""x""" AS CHAR) COLLATE utf8mb4_nopad_bin ASC
LIMIT %s
-- $1 = 0
-- $2 = 0
-- $3 = Decimal('1')
-- $4 = 0
-- $5 = 0
-- $6 = 1000
