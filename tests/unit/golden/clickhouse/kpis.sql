SELECT result.*
FROM (SELECT count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')}) AS "result"
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
