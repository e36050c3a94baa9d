SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", CAST(grouped."count" AS DOUBLE PRECISION) / CAST(nullif(CAST(sum(grouped."count") OVER (PARTITION BY grouped."at__month") AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "share", CASE WHEN (grouped."sum__amount" IS NOT NULL) THEN rank() OVER (ORDER BY grouped."sum__amount" DESC NULLS LAST) END AS "place", CAST(sum(grouped."count") OVER (ORDER BY grouped."sum__amount" DESC NULLS LAST, grouped."country" ASC NULLS LAST, grouped."at__month" ASC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS "so_far 4e93f1dc7bd9"
FROM (SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "country", prepared."key 2" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS grouped
ORDER BY "sum__amount" DESC NULLS LAST, "country" ASC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT %s
-- $1 = 0
-- $2 = 1000
