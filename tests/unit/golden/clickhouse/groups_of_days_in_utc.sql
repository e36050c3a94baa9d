SELECT result.*
FROM (SELECT toDate32(toDateTime64("orders"."at", 6, 'UTC')) AS "at__day", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS "result"
ORDER BY "result"."at__day" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 1000
