SELECT prepared."key 1" AS "at__week", CAST(prepared."key 2" AS TEXT) COLLATE "C" AS "country", count(*) AS "count", CAST(sum(prepared."operand 1") AS BIGINT) AS "sum__items", percentile_cont(0.5) WITHIN GROUP (ORDER BY CAST(prepared."operand 2" AS DOUBLE PRECISION)) AS "median__amount", count(*) OVER () AS "rows matched"
FROM (SELECT CAST(date_trunc('week', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 1", "orders"."country" AS "key 2", "orders"."items" AS "operand 1", "orders"."amount" AS "operand 2"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2
ORDER BY "at__week" ASC NULLS LAST, "country" ASC NULLS LAST
LIMIT %s
-- $1 = 20
