SELECT count(*) AS row_count
FROM (SELECT prepared."key 1" AS "at__week", CAST(prepared."key 2" AS TEXT) COLLATE "C" AS "country"
FROM (SELECT CAST(date_trunc('week', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 1", "orders"."country" AS "key 2"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS counted
