SELECT result.*
FROM (SELECT toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(20700))) AS "at__day", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')}
GROUP BY 1) AS "result"
ORDER BY "result"."at__day" ASC NULLS LAST
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
