SELECT prepared."key 1" AS "at__day", count(*) AS "count"
FROM (SELECT CAST("orders"."at" AS DATE) AS "key 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1
ORDER BY "at__day" ASC NULLS LAST
LIMIT %s
-- $1 = 1000
