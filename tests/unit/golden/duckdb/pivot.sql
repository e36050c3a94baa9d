SELECT cells."at__month" AS "at__month", max(CASE WHEN (cells."country" = $1) THEN CASE WHEN (cells."row part" = 0) THEN cells."count" END END) AS "count 1", max(CASE WHEN (cells."country" = $1) THEN CASE WHEN (cells."row part" = 0) THEN cells."sum__amount" END END) AS "sum__amount 1", max(CASE WHEN (cells."country" IS NULL) THEN CASE WHEN (cells."row part" = 0) THEN cells."count" END END) AS "count 2", max(CASE WHEN (cells."country" IS NULL) THEN CASE WHEN (cells."row part" = 0) THEN cells."sum__amount" END END) AS "sum__amount 2", max(CASE WHEN (cells."row part" != 0) THEN cells."count" END) AS "count", max(CASE WHEN (cells."row part" != 0) THEN cells."sum__amount" END) AS "sum__amount"
FROM (SELECT stacked."country" AS "country", stacked."at__month" AS "at__month", stacked."count" AS "count", stacked."sum__amount" AS "sum__amount", stacked."row part" AS "row part"
FROM (SELECT single."country" AS "country", single."at__month" AS "at__month", single."count" AS "count", single."sum__amount" AS "sum__amount", 0 AS "row part"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "country", CAST(date_trunc($2, timezone($3, timezone($4, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS single UNION ALL SELECT CAST(NULL AS TEXT) AS "country", summed."at__month" AS "at__month", summed."count" AS "count", summed."sum__amount" AS "sum__amount", 1 AS "row part"
FROM (SELECT CAST(date_trunc($5, timezone($6, timezone($7, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1) AS summed) AS stacked) AS cells
GROUP BY 1
ORDER BY "at__month" ASC NULLS LAST
LIMIT $8
-- $1 = 'DE'
-- $2 = 'month'
-- $3 = 'Asia/Kathmandu'
-- $4 = 'UTC'
-- $5 = 'month'
-- $6 = 'Asia/Kathmandu'
-- $7 = 'UTC'
-- $8 = 1000
