SELECT result.*
FROM (SELECT toStartOfQuarter(toDate32("orders"."shipped_on")) AS "shipped_on__quarter", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS "result"
ORDER BY "result"."shipped_on__quarter" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 1000
