SELECT count(*) AS row_count
FROM (SELECT CAST(date_trunc($1, timezone($2, timezone($3, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month"
FROM "orders"
GROUP BY 1) AS counted
-- $1 = 'month'
-- $2 = 'Asia/Kathmandu'
-- $3 = 'UTC'
