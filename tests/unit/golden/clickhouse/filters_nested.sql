SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."items" >= {p1:Int64} OR NOT coalesce(CAST("orders"."country" AS String) = {p2:String} OR CAST("orders"."country" AS String) = {p3:String} AND "orders"."is_paid" IS NULL, false)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p4:Int64}
-- $1 = 1
-- $2 = 'DE'
-- $3 = 'FR'
-- $4 = 1000
