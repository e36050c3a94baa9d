SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 1000
