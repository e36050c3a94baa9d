SELECT result.*
FROM (SELECT prepared."key 1" AS "country", prepared."key 2" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT CASE WHEN ((CAST("orders"."country" AS TEXT) COLLATE "C") IS NULL OR (CAST("orders"."country" AS TEXT) COLLATE "C") = %s) THEN CAST("orders"."country" AS TEXT) COLLATE "C" ELSE CAST(%s AS TEXT) END AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS result
ORDER BY CASE WHEN (result."country" = CAST(%s AS TEXT)) THEN 1 ELSE 0 END, result."country" ASC NULLS LAST, result."at__month" ASC NULLS LAST
LIMIT %s
-- $1 = 'DE'
-- $2 = 'Others'
-- $3 = 'Others'
-- $4 = 1000
