SELECT result.*
FROM (SELECT CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS "at__day", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
GROUP BY 1) AS result
ORDER BY result."at__day" IS NULL, result."at__day" ASC
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
