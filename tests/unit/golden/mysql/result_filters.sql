SELECT result."country" AS "country", result."at__month" AS "at__month", result."count" AS "count", result."sum__amount" * 1 AS "sum__amount"
FROM (SELECT unfiltered."country" AS "country", unfiltered."at__month" AS "at__month", unfiltered."count" AS "count", unfiltered."sum__amount" AS "sum__amount"
FROM (SELECT CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", subdate(CAST(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END AS DATE), dayofmonth(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END) - 1) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS unfiltered
WHERE unfiltered."count" > %s) AS result
ORDER BY result."country" IS NULL, result."country" ASC, result."at__month" IS NULL, result."at__month" ASC
LIMIT %s
-- $1 = 1
-- $2 = 1000
