SELECT count(*) AS row_count
FROM (SELECT CAST(date_trunc($1, timezone($2, timezone($3, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__week", CAST("orders"."country" AS TEXT) AS "country"
FROM "orders"
GROUP BY 1, 2) AS counted
-- $1 = 'week'
-- $2 = 'Asia/Kathmandu'
-- $3 = 'UTC'
