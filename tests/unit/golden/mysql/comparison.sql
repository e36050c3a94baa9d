SELECT result."country" AS "country", result."at__month" AS "at__month", result."count" AS "count", result."sum__amount" * 1 AS "sum__amount", result."before" AS "before", result."change" * 1 AS "change"
FROM (SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."count previous_period" AS "before", CAST(grouped."sum__amount" - grouped."sum__amount previous_year" AS DOUBLE) / nullif(CAST(abs(grouped."sum__amount previous_year") AS DOUBLE), %s) AS "change"
FROM (SELECT stacked."key 1" AS "country", stacked."key 2" AS "at__month", max(stacked."value 1") AS "count", max(stacked."value 2") AS "sum__amount", max(stacked."value 3") AS "count previous_period", max(stacked."value 4") AS "sum__amount previous_year"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", subdate(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE), dayofmonth(timestampadd(SECOND, 20700, "orders"."at")) - 1) AS "key 2", count(*) AS "value 1", sum("orders"."amount") AS "value 2", 0 AS "value 3", CAST(NULL AS DECIMAL(65, 30)) AS "value 4"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
GROUP BY 1, 2 UNION ALL SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", subdate(CAST(timestampadd(MONTH, 3, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE)) AS DATE), dayofmonth(timestampadd(MONTH, 3, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE))) - 1) AS "key 2", 0 AS "value 1", CAST(NULL AS DECIMAL(65, 30)) AS "value 2", count(*) AS "value 3", CAST(NULL AS DECIMAL(65, 30)) AS "value 4"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
GROUP BY 1, 2 UNION ALL SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", subdate(CAST(timestampadd(MONTH, 12, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE)) AS DATE), dayofmonth(timestampadd(MONTH, 12, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE))) - 1) AS "key 2", 0 AS "value 1", CAST(NULL AS DECIMAL(65, 30)) AS "value 2", 0 AS "value 3", sum("orders"."amount") AS "value 4"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
GROUP BY 1, 2) AS stacked
GROUP BY 1, 2) AS grouped) AS result
ORDER BY result."country" IS NULL, result."country" ASC, result."at__month" IS NULL, result."at__month" ASC
LIMIT %s
-- $1 = 0
-- $2 = datetime.datetime(2026, 7, 31, 18, 15)
-- $3 = datetime.datetime(2026, 10, 31, 18, 15)
-- $4 = datetime.datetime(2026, 4, 30, 18, 15)
-- $5 = datetime.datetime(2026, 7, 31, 18, 15)
-- $6 = datetime.datetime(2025, 7, 31, 18, 15)
-- $7 = datetime.datetime(2025, 10, 31, 18, 15)
-- $8 = 1000
