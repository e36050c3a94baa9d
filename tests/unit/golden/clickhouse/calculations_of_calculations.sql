SELECT "result"."country" AS "country", "result"."at__month" AS "at__month", "result"."count" AS "count", multiply("result"."sum__amount", toDecimal128('1', 0)) AS "sum__amount", "result"."share" AS "share", "result"."percent" AS "percent"
FROM (SELECT "grouped"."country" AS "country", "grouped"."at__month" AS "at__month", "grouped"."count" AS "count", "grouped"."sum__amount" AS "sum__amount", "grouped"."share" AS "share", "grouped"."share" * {p1:Int64} AS "percent"
FROM (SELECT "grouped"."country" AS "country", "grouped"."at__month" AS "at__month", "grouped"."count" AS "count", "grouped"."sum__amount" AS "sum__amount", CAST("grouped"."count" AS Float64) / CAST(nullif(CAST(sum("grouped"."count") OVER () AS Float64), {p2:Int64}) AS Float64) + 0.0 AS "share"
FROM (SELECT CAST("orders"."country" AS String) AS "country", toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))) AS "at__month", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS "grouped") AS "grouped") AS "result"
ORDER BY "result"."country" ASC NULLS LAST, "result"."at__month" ASC NULLS LAST
LIMIT {p3:Int64}
-- $1 = 100
-- $2 = 0
-- $3 = 1000
