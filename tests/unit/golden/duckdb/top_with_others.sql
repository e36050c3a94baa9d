SELECT result.*
FROM (SELECT CASE WHEN (CAST("orders"."country" AS TEXT) IS NULL OR CAST("orders"."country" AS TEXT) = $1) THEN CAST("orders"."country" AS TEXT) ELSE CAST($2 AS TEXT) END AS "country", CAST(date_trunc($3, timezone($4, timezone($5, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS result
ORDER BY CASE WHEN (result."country" = CAST($6 AS TEXT)) THEN 1 ELSE 0 END, result."country" ASC NULLS LAST, result."at__month" ASC NULLS LAST
LIMIT $7
-- $1 = 'DE'
-- $2 = 'Others'
-- $3 = 'month'
-- $4 = 'Asia/Kathmandu'
-- $5 = 'UTC'
-- $6 = 'Others'
-- $7 = 1000
