SELECT count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders" JOIN (SELECT unfiltered."country" AS "country", unfiltered."at__month" AS "at__month", unfiltered."count" AS "count", unfiltered."sum__amount" AS "sum__amount"
FROM (SELECT CAST("orders"."country" AS TEXT) AS "country", CAST(date_trunc($1, timezone($2, timezone($3, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) AS "at__month", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS unfiltered
WHERE unfiltered."count" > $4) AS kept ON coalesce(CAST("orders"."country" AS TEXT), CAST($5 AS TEXT)) = coalesce(kept."country", CAST($5 AS TEXT)) AND CASE WHEN (CAST("orders"."country" AS TEXT) IS NULL) THEN 1 ELSE 0 END = CASE WHEN (kept."country" IS NULL) THEN 1 ELSE 0 END AND coalesce(CAST(date_trunc($6, timezone($7, timezone($8, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE), CAST($9 AS DATE)) = coalesce(kept."at__month", CAST($9 AS DATE)) AND CASE WHEN (CAST(date_trunc($6, timezone($7, timezone($8, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS DATE) IS NULL) THEN 1 ELSE 0 END = CASE WHEN (kept."at__month" IS NULL) THEN 1 ELSE 0 END
-- $1 = 'month'
-- $2 = 'Asia/Kathmandu'
-- $3 = 'UTC'
-- $4 = 1
-- $5 = ''
-- $6 = 'month'
-- $7 = 'Asia/Kathmandu'
-- $8 = 'UTC'
-- $9 = datetime.date(2000, 1, 1)
