SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."shipped_on" >= {p1:Date32} AND "orders"."shipped_on" < {p2:Date32}
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p3:Int64}
-- $1 = datetime.date(2026, 11, 1)
-- $2 = datetime.date(2026, 12, 1)
-- $3 = 1000
