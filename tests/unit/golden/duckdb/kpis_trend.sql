SELECT CAST("orders"."at" + to_seconds(20700) AS DATE) AS "at__day", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
GROUP BY 1
ORDER BY "at__day" ASC NULLS LAST
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
