SELECT "result"."country" AS "country", count(*) OVER () AS "rows matched"
FROM (SELECT CAST("orders"."country" AS String) AS "country"
FROM "orders"
GROUP BY 1) AS "result"
ORDER BY CAST("result"."country" AS String) ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 100
