SELECT result.*, count(*) OVER () AS "rows matched"
FROM (SELECT subtractDays(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0)))), modulo(plus(toDayOfWeek(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))), 6), 7)) AS "at__week", CAST("orders"."country" AS String) AS "country", count(*) AS "count", accurateCast(sum(toInt128("orders"."items")), 'Int64') AS "sum__items", quantileExactInclusive(0.5)(CAST("orders"."amount" AS Float64)) AS "median__amount"
FROM "orders"
GROUP BY 1, 2) AS "result"
ORDER BY "result"."at__week" ASC NULLS LAST, "result"."country" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 20
