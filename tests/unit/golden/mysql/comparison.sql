SELECT result."country" AS "country", result."at__month" AS "at__month", result."count" AS "count", result."sum__amount" * 1 AS "sum__amount", result."before" AS "before", result."change" * 1 AS "change"
FROM (SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."count previous_period" AS "before", CAST(grouped."sum__amount" - grouped."sum__amount previous_year" AS DOUBLE) / nullif(CAST(abs(grouped."sum__amount previous_year") AS DOUBLE), %s) AS "change"
FROM (SELECT prepared."key 1" AS "country", prepared."key 2" AS "at__month", count(CASE WHEN ("row side" = 0) THEN 1 END) AS "count", sum(CASE WHEN ("row side" = 0) THEN "operand 1" END) AS "sum__amount", count(CASE WHEN ("row side" = 1) THEN 1 END) AS "count previous_period", sum(CASE WHEN ("row side" = 2) THEN "operand 1" END) AS "sum__amount previous_year"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", subdate(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE), dayofmonth(timestampadd(SECOND, 20700, "orders"."at")) - 1) AS "key 2", "orders"."amount" AS "operand 1", 0 AS "row side"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6)) UNION ALL SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", subdate(CAST(timestampadd(MONTH, 3, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE)) AS DATE), dayofmonth(timestampadd(MONTH, 3, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE))) - 1) AS "key 2", "orders"."amount" AS "operand 1", 1 AS "row side"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6)) UNION ALL SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "key 1", subdate(CAST(timestampadd(MONTH, 12, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE)) AS DATE), dayofmonth(timestampadd(MONTH, 12, CAST(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE) AS DATE))) - 1) AS "key 2", "orders"."amount" AS "operand 1", 2 AS "row side"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))) AS prepared
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
