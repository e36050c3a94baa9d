SELECT count(*) AS row_count
FROM (SELECT subdate(CAST(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END AS DATE), dayofmonth(CASE WHEN ("orders"."at" < TIMESTAMP'1919-12-31 18:18:44') THEN timestampadd(SECOND, 20476, "orders"."at") ELSE CASE WHEN ("orders"."at" < TIMESTAMP'1985-12-31 18:30:00') THEN timestampadd(SECOND, 19800, "orders"."at") ELSE timestampadd(SECOND, 20700, "orders"."at") END END) - 1) AS "at__month"
FROM "orders"
GROUP BY 1) AS counted
