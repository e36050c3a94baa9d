SELECT CAST(date_trunc($1, "orders"."shipped_on") AS DATE) AS "shipped_on__quarter", count(*) AS "count"
FROM "orders"
GROUP BY 1
ORDER BY "shipped_on__quarter" ASC NULLS LAST
LIMIT $2
-- $1 = 'quarter'
-- $2 = 1000
