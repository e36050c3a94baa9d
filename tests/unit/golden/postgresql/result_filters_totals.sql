SELECT count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders" JOIN (SELECT unfiltered."country" AS "country", unfiltered."at__month" AS "at__month", unfiltered."count" AS "count", unfiltered."sum__amount" AS "sum__amount"
FROM (SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "country", prepared."key 2" AS "at__month", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS unfiltered
WHERE unfiltered."count" > %s) AS kept ON coalesce(CAST("orders"."country" AS TEXT) COLLATE "C", CAST(%s AS TEXT)) = coalesce(kept."country", CAST(%s AS TEXT)) AND CASE WHEN ((CAST("orders"."country" AS TEXT) COLLATE "C") IS NULL) THEN 1 ELSE 0 END = CASE WHEN (kept."country" IS NULL) THEN 1 ELSE 0 END AND coalesce(CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE), CAST(%s AS DATE)) = coalesce(kept."at__month", CAST(%s AS DATE)) AND CASE WHEN (CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) IS NULL) THEN 1 ELSE 0 END = CASE WHEN (kept."at__month" IS NULL) THEN 1 ELSE 0 END
-- $1 = 1
-- $2 = ''
-- $3 = ''
-- $4 = datetime.date(2000, 1, 1)
-- $5 = datetime.date(2000, 1, 1)
