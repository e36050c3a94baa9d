SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE ("orders"."items" IS NULL OR "orders"."items" != {p1:Int64}) AND "orders"."amount" >= {p2:Decimal(2, 1)} AND "orders"."amount" <= {p3:Decimal(1, 0)} AND "orders"."amount" > {p4:Decimal(1, 0)} AND "orders"."is_paid" = true
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p5:Int64}
-- $1 = 3
-- $2 = Decimal('1.5')
-- $3 = Decimal('2')
-- $4 = Decimal('0')
-- $5 = 1000
