SELECT count(*) AS row_count
FROM (SELECT unfiltered."country" AS "country", unfiltered."at__month" AS "at__month", unfiltered."count" AS "count", unfiltered."sum__amount" AS "sum__amount"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "country", CAST(date_trunc($1, timezone($2, timezone($3, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS unfiltered
WHERE unfiltered."count" > $4) AS counted
-- $1 = 'month'
-- $2 = 'Asia/Kathmandu'
-- $3 = 'UTC'
-- $4 = 1
