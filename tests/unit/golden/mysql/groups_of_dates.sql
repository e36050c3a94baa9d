SELECT result.*
FROM (SELECT timestampadd(MONTH, 0 - (((month("orders"."shipped_on") + 11) %% 12) %% 3), subdate(CAST("orders"."shipped_on" AS DATE), dayofmonth("orders"."shipped_on") - 1)) AS "shipped_on__quarter", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS result
ORDER BY result."shipped_on__quarter" IS NULL, result."shipped_on__quarter" ASC
LIMIT %s
-- $1 = 1000
