SELECT result.*
FROM (SELECT CAST("orders"."country" AS String) AS "country", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS "result"
ORDER BY "result"."count" DESC NULLS LAST, "result"."country" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 2
