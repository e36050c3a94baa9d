SELECT "result"."country" AS "country", "result"."at__month" AS "at__month", "result"."count" AS "count", multiply("result"."sum__amount", toDecimal128('1', 0)) AS "sum__amount", "result"."before" AS "before", "result"."change" AS "change"
FROM (SELECT "grouped"."country" AS "country", "grouped"."at__month" AS "at__month", "grouped"."count" AS "count", "grouped"."sum__amount" AS "sum__amount", "grouped"."count previous_period" AS "before", CAST(("grouped"."sum__amount") * toDecimal128('1', 0) - "grouped"."sum__amount previous_year" AS Float64) / CAST(nullif(CAST(abs("grouped"."sum__amount previous_year") AS Float64), {p1:Int64}) AS Float64) + 0.0 AS "change"
FROM (SELECT "stacked"."key 1" AS "country", "stacked"."key 2" AS "at__month", max("stacked"."value 1") AS "count", max("stacked"."value 2") AS "sum__amount", max("stacked"."value 3") AS "count previous_period", max("stacked"."value 4") AS "sum__amount previous_year"
FROM (SELECT CAST("orders"."country" AS String) AS "key 1", toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(20700)))) AS "key 2", count(*) AS "value 1", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "value 2", 0 AS "value 3", NULL AS "value 4"
FROM "orders"
WHERE "orders"."at" >= {p2:DateTime64(6, 'UTC')} AND "orders"."at" < {p3:DateTime64(6, 'UTC')}
GROUP BY 1, 2 UNION ALL SELECT CAST("orders"."country" AS String) AS "key 1", toStartOfMonth(toDate32(addMonths(toDate32(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(20700)))), 3))) AS "key 2", 0 AS "value 1", NULL AS "value 2", count(*) AS "value 3", NULL AS "value 4"
FROM "orders"
WHERE "orders"."at" >= {p4:DateTime64(6, 'UTC')} AND "orders"."at" < {p5:DateTime64(6, 'UTC')}
GROUP BY 1, 2 UNION ALL SELECT CAST("orders"."country" AS String) AS "key 1", toStartOfMonth(toDate32(addMonths(toDate32(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(20700)))), 12))) AS "key 2", 0 AS "value 1", NULL AS "value 2", 0 AS "value 3", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "value 4"
FROM "orders"
WHERE "orders"."at" >= {p6:DateTime64(6, 'UTC')} AND "orders"."at" < {p7:DateTime64(6, 'UTC')}
GROUP BY 1, 2) AS "stacked"
GROUP BY 1, 2) AS "grouped") AS "result"
ORDER BY "result"."country" ASC NULLS LAST, "result"."at__month" ASC NULLS LAST
LIMIT {p8:Int64}
-- $1 = 0
-- $2 = datetime.datetime(2026, 7, 31, 18, 15)
-- $3 = datetime.datetime(2026, 10, 31, 18, 15)
-- $4 = datetime.datetime(2026, 4, 30, 18, 15)
-- $5 = datetime.datetime(2026, 7, 31, 18, 15)
-- $6 = datetime.datetime(2025, 7, 31, 18, 15)
-- $7 = datetime.datetime(2025, 10, 31, 18, 15)
-- $8 = 1000
