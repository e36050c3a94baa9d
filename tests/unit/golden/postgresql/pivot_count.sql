SELECT count(*) AS row_count
FROM (SELECT prepared."key 1" AS "at__month"
FROM (SELECT CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1) AS counted
