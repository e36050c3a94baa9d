SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "country", prepared."key 2" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2
ORDER BY "country" ASC NULLS LAST, "count" DESC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT %s
-- $1 = 1000
