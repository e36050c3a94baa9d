SELECT CAST("orders"."at" + to_seconds($1) AS DATE) AS "at__day", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= $2 AND "orders"."at" < $3
GROUP BY 1
ORDER BY "at__day" ASC NULLS LAST
-- $1 = 20700
-- $2 = datetime.datetime(2026, 11, 15, 18, 15)
-- $3 = datetime.datetime(2026, 11, 22, 18, 15)
