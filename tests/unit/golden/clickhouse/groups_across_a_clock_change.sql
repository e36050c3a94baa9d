SELECT result.*
FROM (SELECT subtractDays(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, 1772953200000000, 1793512800000000]), [-4611686018427387904, 1772953200000000, 1793512800000000], [-18000, -14400, -18000], 0)))), modulo(plus(toDayOfWeek(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, 1772953200000000, 1793512800000000]), [-4611686018427387904, 1772953200000000, 1793512800000000], [-18000, -14400, -18000], 0))))), 6), 7)) AS "at__week", CAST("orders"."country" AS String) AS "country", count(*) AS "count", accurateCast(sum(toInt128("orders"."items")), 'Int64') AS "sum__items", quantileExactInclusive(0.5)(CAST("orders"."amount" AS Float64)) AS "median__amount"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')}
GROUP BY 1, 2) AS "result"
ORDER BY "result"."at__week" ASC NULLS LAST, "result"."country" ASC NULLS LAST
LIMIT {p3:Int64}
-- $1 = datetime.datetime(2026, 3, 1, 5, 0)
-- $2 = datetime.datetime(2026, 12, 1, 5, 0)
-- $3 = 1000
