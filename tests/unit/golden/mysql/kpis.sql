SELECT result.*
FROM (SELECT count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))) AS result
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
