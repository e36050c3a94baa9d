SELECT CAST("orders"."at" AS DateTime64(6, 'UTC')) AS "at", CAST("orders"."country" AS String) AS "country", CAST("orders"."note ""x""" AS String) AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE CAST("orders"."country" AS String) = {p1:String} AND CAST("orders"."country" AS String) IN {p2:Array(String)} AND ("orders"."country" IS NULL OR if(isNull(CAST("orders"."country" AS String)), NULL, NOT (CAST("orders"."country" AS String) IN {p3:Array(String)}))) AND lowerUTF8(CAST("orders"."note ""x""" AS String)) LIKE lowerUTF8({p4:String}) AND ("orders"."note ""x""" IS NULL OR lowerUTF8(CAST("orders"."note ""x""" AS String)) NOT LIKE lowerUTF8({p5:String})) AND (lowerUTF8(CAST("orders"."note ""x""" AS String)) LIKE lowerUTF8({p6:String}) OR lowerUTF8(CAST("orders"."note ""x""" AS String)) LIKE lowerUTF8({p7:String})) AND ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS String) = {p8:String}) AND NOT ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS String) = {p9:String})
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS String) ASC NULLS LAST, CAST("orders"."note ""x""" AS String) ASC NULLS LAST
LIMIT {p10:Int64}
-- $1 = 'DE'
-- $2 = ['DE', 'FR']
-- $3 = ['DE', 'FR']
-- $4 = '%50\\%\\_\\\\%'
-- $5 = '%x%'
-- $6 = 'a%'
-- $7 = 'b%'
-- $8 = ''
-- $9 = ''
-- $10 = 1000
