SELECT count(*) AS row_count
FROM (SELECT CAST(date_trunc($1, timezone($2, timezone($3, "orders"."at"))) AS DATE) AS "at__week", "orders"."country" AS "country"
FROM "orders"
GROUP BY 1, 2) AS grouped
-- $1 = 'week'
-- $2 = 'America/New_York'
-- $3 = 'UTC'
