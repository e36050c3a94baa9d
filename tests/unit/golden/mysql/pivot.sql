SELECT result."at__month" AS "at__month", result."count 1" AS "count 1", result."sum__amount 1" * 1 AS "sum__amount 1", result."count 2" AS "count 2", result."sum__amount 2" * 1 AS "sum__amount 2", result."count" AS "count", result."sum__amount" * 1 AS "sum__amount"
FROM (SELECT cells."at__month" AS "at__month", max(CASE WHEN (cells."country" = %s) THEN CASE WHEN (cells."row part" = 0) THEN cells."count" END END) AS "count 1", max(CASE WHEN (cells."country" = %s) THEN CASE WHEN (cells."row part" = 0) THEN cells."sum__amount" END END) AS "sum__amount 1", max(CASE WHEN (cells."country" IS NULL) THEN CASE WHEN (cells."row part" = 0) THEN cells."count" END END) AS "count 2", max(CASE WHEN (cells."country" IS NULL) THEN CASE WHEN (cells."row part" = 0) THEN cells."sum__amount" END END) AS "sum__amount 2", max(CASE WHEN (cells."row part" != 0) THEN cells."count" END) AS "count", max(CASE WHEN (cells."row part" != 0) THEN cells."sum__amount" END) AS "sum__amount"
FROM (SELECT stacked."country" AS "country", stacked."at__month" AS "at__month", stacked."count" AS "count", stacked."sum__amount" AS "sum__amount", stacked."row part" AS "row part"
FROM (SELECT single."country" AS "country", single."at__month" AS "at__month", single."count" AS "count", single."sum__amount" AS "sum__amount", 0 AS "row part"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", subdate(CAST(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END AS DATE), dayofmonth(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END) - 1) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS single UNION ALL SELECT CAST(NULL AS CHAR) AS "country", summed."at__month" AS "at__month", summed."count" AS "count", summed."sum__amount" AS "sum__amount", 1 AS "row part"
FROM (SELECT subdate(CAST(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END AS DATE), dayofmonth(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END) - 1) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1) AS summed) AS stacked) AS cells
GROUP BY 1) AS result
ORDER BY result."at__month" IS NULL, result."at__month" ASC
LIMIT %s
-- $1 = 'DE'
-- $2 = 'DE'
-- $3 = 1000
