SELECT count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
-- $1 = datetime.datetime(2026, 11, 16, 5, 0)
-- $2 = datetime.datetime(2026, 11, 23, 5, 0)
