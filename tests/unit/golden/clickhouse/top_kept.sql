SELECT result.*
FROM (SELECT CAST("orders"."country" AS String) AS "country", toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))) AS "at__month", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
WHERE CAST("orders"."country" AS String) IS NULL OR CAST("orders"."country" AS String) = {p1:String}
GROUP BY 1, 2) AS "result"
ORDER BY "result"."country" ASC NULLS LAST, "result"."at__month" ASC NULLS LAST
LIMIT {p2:Int64}
-- $1 = 'DE'
-- $2 = 1000
