SELECT result.*
FROM (SELECT CAST("orders"."country" AS String) AS "country", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
WHERE CAST("orders"."country" AS String) = {p1:String}
GROUP BY 1) AS "result"
ORDER BY "result"."country" ASC NULLS LAST
LIMIT {p2:Int64}
-- $1 = 'DE'
-- $2 = 20
