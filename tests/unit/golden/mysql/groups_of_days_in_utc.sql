SELECT result.*
FROM (SELECT CAST("orders"."at" AS DATE) AS "at__day", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS result
ORDER BY result."at__day" IS NULL, result."at__day" ASC
LIMIT %s
-- $1 = 1000
