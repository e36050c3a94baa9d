SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE lowerUTF8(CAST("orders"."country" AS String)) IN (lowerUTF8({p1:String}), lowerUTF8({p2:String})) AND ("orders"."country" IS NULL OR lowerUTF8(CAST("orders"."country" AS String)) != lowerUTF8({p3:String})) AND CAST("orders"."note ""x""" AS String) LIKE {p4:String} AND ("orders"."note ""x""" IS NULL OR lowerUTF8(CAST("orders"."note ""x""" AS String)) NOT LIKE lowerUTF8({p5:String})) AND ("orders"."note ""x""" IS NULL OR lowerUTF8(CAST("orders"."note ""x""" AS String)) NOT LIKE lowerUTF8({p6:String})) AND ("orders"."items" IS NULL OR NOT ("orders"."items" >= {p7:Int64} AND "orders"."items" <= {p8:Int64})) AND ("orders"."shipped_on" IS NULL OR NOT ("orders"."shipped_on" >= {p9:Date32} AND "orders"."shipped_on" <= {p10:Date32})) AND ("orders"."at" IS NULL OR NOT ("orders"."at" >= {p11:DateTime64(6, 'UTC')} AND "orders"."at" < {p12:DateTime64(6, 'UTC')})) AND "orders"."at" >= {p13:DateTime64(6, 'UTC')} AND "orders"."at" < {p14:DateTime64(6, 'UTC')}
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p15:Int64}
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
