SELECT cells."at__month" AS "at__month", max(CASE WHEN (cells."country" = %s) THEN CASE WHEN (cells."row part" = 0) THEN cells."count" END END) AS "count 1", max(CASE WHEN (cells."country" = %s) THEN CASE WHEN (cells."row part" = 0) THEN cells."sum__amount" END END) AS "sum__amount 1", max(CASE WHEN (cells."country" IS NULL) THEN CASE WHEN (cells."row part" = 0) THEN cells."count" END END) AS "count 2", max(CASE WHEN (cells."country" IS NULL) THEN CASE WHEN (cells."row part" = 0) THEN cells."sum__amount" END END) AS "sum__amount 2", max(CASE WHEN (cells."row part" != 0) THEN cells."count" END) AS "count", max(CASE WHEN (cells."row part" != 0) THEN cells."sum__amount" END) AS "sum__amount"
FROM (SELECT stacked."country" AS "country", stacked."at__month" AS "at__month", stacked."count" AS "count", stacked."sum__amount" AS "sum__amount", stacked."row part" AS "row part"
FROM (SELECT single."country" AS "country", single."at__month" AS "at__month", single."count" AS "count", single."sum__amount" AS "sum__amount", 0 AS "row part"
FROM (SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "country", prepared."key 2" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS single UNION ALL SELECT CAST(NULL AS TEXT) AS "country", summed."at__month" AS "at__month", summed."count" AS "count", summed."sum__amount" AS "sum__amount", 1 AS "row part"
FROM (SELECT prepared."key 1" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 1", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1) AS summed) AS stacked) AS cells
GROUP BY 1
ORDER BY "at__month" ASC NULLS LAST
LIMIT %s
-- $1 = 'DE'
-- $2 = 'DE'
-- $3 = 1000
