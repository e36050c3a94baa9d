SELECT result.*, count(*) OVER () AS "rows matched"
FROM (SELECT CAST("orders"."country" AS String) AS "country"
FROM "orders"
GROUP BY 1) AS "result"
ORDER BY "result"."country" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 100
