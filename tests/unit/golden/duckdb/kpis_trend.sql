SELECT CAST("orders"."at" + to_seconds($1) AS DATE) AS "at__day", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= $2 AND "orders"."at" < $3
GROUP BY 1
ORDER BY 1
-- $1 = -18000
-- $2 = datetime.datetime(2026, 11, 16, 5, 0)
-- $3 = datetime.datetime(2026, 11, 23, 5, 0)
