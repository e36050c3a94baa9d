SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')} AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= {p3:DateTime64(6, 'UTC')} AND "orders"."at" < {p4:DateTime64(6, 'UTC')})) AND "orders"."at" >= {p5:DateTime64(6, 'UTC')} AND "orders"."at" <= {p6:DateTime64(6, 'UTC')} AND "orders"."at" >= {p7:DateTime64(6, 'UTC')} AND "orders"."at" < {p8:DateTime64(6, 'UTC')} AND "orders"."shipped_on" >= {p9:Date32} AND "orders"."shipped_on" <= {p10:Date32}
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p11:Int64}
-- $1 = datetime.datetime(2026, 4, 23, 22, 0)
-- $2 = datetime.datetime(2026, 4, 24, 21, 0)
-- $3 = datetime.datetime(2026, 4, 23, 22, 0)
-- $4 = datetime.datetime(2026, 4, 24, 21, 0)
-- $5 = datetime.datetime(2026, 4, 23, 22, 0)
-- $6 = datetime.datetime(2026, 4, 24, 9, 0)
-- $7 = datetime.datetime(2025, 12, 31, 22, 0)
-- $8 = datetime.datetime(2026, 11, 23, 22, 0)
-- $9 = datetime.date(2026, 1, 1)
-- $10 = datetime.date(2026, 1, 31)
-- $11 = 1000
