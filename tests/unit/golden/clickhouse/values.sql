SELECT CAST("orders"."country" AS String) AS "value", count(*) AS "row_count"
FROM "orders"
WHERE lowerUTF8(CAST("orders"."country" AS String)) LIKE lowerUTF8({p1:String})
GROUP BY 1
ORDER BY "row_count" DESC, "value" ASC NULLS LAST
LIMIT {p2:Int64}
-- $1 = '%d\\_%'
-- $2 = 20
