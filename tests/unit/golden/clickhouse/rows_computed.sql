SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662", CAST("orders"."amount" AS Float64) / CAST(nullif(CAST("orders"."items" AS Float64), {p1:Int64}) AS Float64) + 0.0 AS "each"
FROM "orders"
WHERE CAST("orders"."amount" AS Float64) / CAST(nullif(CAST("orders"."items" AS Float64), {p1:Int64}) AS Float64) + 0.0 > {p2:Decimal(1, 0)}
ORDER BY CAST("orders"."amount" AS Float64) / CAST(nullif(CAST("orders"."items" AS Float64), {p1:Int64}) AS Float64) + 0.0 DESC NULLS LAST, "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p3:Int64}
-- $1 = 0
-- $2 = Decimal('1')
-- $3 = 1000
