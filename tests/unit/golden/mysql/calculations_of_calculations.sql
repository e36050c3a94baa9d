SELECT result."country" AS "country", result."at__month" AS "at__month", result."count" AS "count", result."sum__amount" * 1 AS "sum__amount", result."share" * 1 AS "share", result."percent" * 1 AS "percent"
FROM (SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."share" AS "share", grouped."share" * CAST(%s AS SIGNED INTEGER) AS "percent"
FROM (SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", CAST(grouped."count" AS DOUBLE) / nullif(CAST(sum(grouped."count") OVER (PARTITION BY grouped."count" IS NULL AND grouped."count" IS NOT NULL) AS DOUBLE), %s) AS "share"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", subdate(CAST(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END AS DATE), dayofmonth(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END) - 1) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS grouped) AS grouped) AS result
ORDER BY result."country" IS NULL, result."country" ASC, result."at__month" IS NULL, result."at__month" ASC
LIMIT %s
-- $1 = 100
-- $2 = 0
-- $3 = 1000
