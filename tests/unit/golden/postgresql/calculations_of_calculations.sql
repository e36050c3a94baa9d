SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."share" AS "share", grouped."share" * CAST(%s AS BIGINT) AS "percent"
FROM (SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", CAST(grouped."count" AS DOUBLE PRECISION) / CAST(nullif(CAST(sum(grouped."count") OVER () AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "share"
FROM (SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "country", prepared."key 2" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS grouped) AS grouped
ORDER BY "country" ASC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT %s
-- $1 = 100
-- $2 = 0
-- $3 = 1000
