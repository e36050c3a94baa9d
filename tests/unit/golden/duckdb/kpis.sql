SELECT count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
