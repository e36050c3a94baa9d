SELECT result."at__week" AS "at__week", result."country" AS "country", result."count" AS "count", result."sum__items" AS "sum__items", result."median__amount" * 1 AS "median__amount"
FROM (SELECT subdate(CAST(timestampadd(SECOND, 20700, "orders"."at") AS DATE), (weekday(timestampadd(SECOND, 20700, "orders"."at")) + 7) %% 7) AS "at__week", CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", count(*) AS "count", CAST(sum("orders"."items") AS SIGNED INTEGER) * CASE WHEN (sum("orders"."items") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END AS "sum__items", CAST(substring_index(substring_index(group_concat(CAST("orders"."amount" AS DOUBLE)
ORDER BY CAST("orders"."amount" AS DOUBLE)), ',', floor(0.5 * (count(CAST("orders"."amount" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE) + (((0.5 * (count(CAST("orders"."amount" AS DOUBLE)) - 1)) - floor(0.5 * (count(CAST("orders"."amount" AS DOUBLE)) - 1))) * (CAST(substring_index(substring_index(group_concat(CAST("orders"."amount" AS DOUBLE)
ORDER BY CAST("orders"."amount" AS DOUBLE)), ',', ceil(0.5 * (count(CAST("orders"."amount" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE) - CAST(substring_index(substring_index(group_concat(CAST("orders"."amount" AS DOUBLE)
ORDER BY CAST("orders"."amount" AS DOUBLE)), ',', floor(0.5 * (count(CAST("orders"."amount" AS DOUBLE)) - 1)) + 1), ',', -1) AS DOUBLE))) AS "median__amount"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
GROUP BY 1, 2) AS result
ORDER BY result."at__week" IS NULL, result."at__week" ASC, result."country" IS NULL, result."country" ASC
LIMIT %s
-- $1 = datetime.datetime(2026, 11, 15, 18, 15)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15)
-- $3 = 1000
