SELECT "result"."country" AS "country", "result"."at__month" AS "at__month", "result"."count" AS "count", multiply("result"."sum__amount", toDecimal128('1', 0)) AS "sum__amount", "result"."share" AS "share", "result"."place" AS "place", "result"."so_far 4e93f1dc7bd9" AS "so_far 4e93f1dc7bd9"
FROM (SELECT "grouped"."country" AS "country", "grouped"."at__month" AS "at__month", "grouped"."count" AS "count", "grouped"."sum__amount" AS "sum__amount", CAST("grouped"."count" AS Float64) / CAST(nullif(CAST(sum("grouped"."count") OVER (PARTITION BY "grouped"."at__month") AS Float64), {p1:Int64}) AS Float64) + 0.0 AS "share", CASE WHEN ("grouped"."sum__amount" IS NOT NULL) THEN rank() OVER (ORDER BY "grouped"."sum__amount" DESC NULLS LAST) END AS "place", accurateCast(sum(toInt128("grouped"."count")) OVER (ORDER BY "grouped"."sum__amount" DESC NULLS LAST, "grouped"."country" ASC NULLS LAST, "grouped"."at__month" ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 'Int64') AS "so_far 4e93f1dc7bd9"
FROM (SELECT CAST("orders"."country" AS String) AS "country", toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))) AS "at__month", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS "grouped") AS "result"
ORDER BY "result"."sum__amount" DESC NULLS LAST, "result"."country" ASC NULLS LAST, "result"."at__month" ASC NULLS LAST
LIMIT {p2:Int64}
-- $1 = 0
-- $2 = 1000
