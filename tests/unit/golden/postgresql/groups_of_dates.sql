SELECT prepared."key 1" AS "shipped_on__quarter", count(*) AS "count"
FROM (SELECT CAST(date_trunc('quarter', "orders"."shipped_on") AS DATE) AS "key 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1
ORDER BY "shipped_on__quarter" ASC NULLS LAST
LIMIT %s
-- $1 = 1000
