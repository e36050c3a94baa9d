SELECT result.*
FROM (SELECT subtractDays(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(20700))), modulo(plus(toDayOfWeek(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(20700)))), 6), 7)) AS "at__week", CAST("orders"."country" AS String) AS "country", count(*) AS "count", accurateCast(sum(toInt128("orders"."items")), 'Int64') AS "sum__items", quantileExactInclusive(0.5)(CAST("orders"."amount" AS Float64)) AS "median__amount"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')}
GROUP BY 1, 2) AS "result"
ORDER BY "result"."at__week" ASC NULLS LAST, "result"."country" ASC NULLS LAST
LIMIT {p3:Int64}
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
-- $3 = 1000
