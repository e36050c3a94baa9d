SELECT "result"."country" AS "country", "result"."count" AS "count"
FROM (SELECT CAST("orders"."country" AS String) AS "country", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS "result"
ORDER BY "result"."count" DESC NULLS LAST, CAST("result"."country" AS String) ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 2
