SELECT CAST("orders"."at" AS DATE) AS "at__day", count(*) AS "count"
FROM "orders"
GROUP BY 1
ORDER BY "at__day" ASC NULLS LAST
LIMIT $1
-- $1 = 1000
