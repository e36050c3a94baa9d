SELECT grouped."country" AS "country", grouped."at__month" AS "at__month", grouped."count" AS "count", grouped."sum__amount" AS "sum__amount", grouped."count previous_period" AS "before", CAST(grouped."sum__amount" - grouped."sum__amount previous_year" AS DOUBLE PRECISION) / CAST(nullif(CAST(abs(grouped."sum__amount previous_year") AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "change"
FROM (SELECT stacked."key 1" AS "country", stacked."key 2" AS "at__month", max(stacked."value 1") AS "count", max(stacked."value 2") AS "sum__amount", max(stacked."value 3") AS "count previous_period", max(stacked."value 4") AS "sum__amount previous_year"
FROM (SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "key 1", prepared."key 2" AS "key 2", count(*) AS "value 1", sum(prepared."operand 1") AS "value 2", 0 AS "value 3", CAST(NULL AS NUMERIC) AS "value 4"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE))) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2 UNION ALL SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "key 1", prepared."key 2" AS "key 2", 0 AS "value 1", CAST(NULL AS NUMERIC) AS "value 2", count(*) AS "value 3", CAST(NULL AS NUMERIC) AS "value 4"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', CAST(CAST(CAST(timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE)) AS DATE) AS DATE) + make_interval(0, CAST(3 AS INTEGER)) AS DATE)) AS DATE) AS "key 2"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2 UNION ALL SELECT CAST(prepared."key 1" AS TEXT) COLLATE "C" AS "key 1", prepared."key 2" AS "key 2", 0 AS "value 1", CAST(NULL AS NUMERIC) AS "value 2", 0 AS "value 3", sum(prepared."operand 1") AS "value 4"
FROM (SELECT "orders"."country" AS "key 1", CAST(date_trunc('month', CAST(CAST(CAST(timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE)) AS DATE) AS DATE) + make_interval(0, CAST(12 AS INTEGER)) AS DATE)) AS DATE) AS "key 2", "orders"."amount" AS "operand 1"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1, 2) AS stacked
GROUP BY 1, 2) AS grouped
ORDER BY "country" ASC NULLS LAST, "at__month" ASC NULLS LAST
LIMIT %s
-- $1 = 0
-- $2 = datetime.datetime(2026, 7, 31, 18, 15, tzinfo=datetime.timezone.utc)
-- $3 = datetime.datetime(2026, 10, 31, 18, 15, tzinfo=datetime.timezone.utc)
-- $4 = datetime.datetime(2026, 4, 30, 18, 15, tzinfo=datetime.timezone.utc)
-- $5 = datetime.datetime(2026, 7, 31, 18, 15, tzinfo=datetime.timezone.utc)
-- $6 = datetime.datetime(2025, 7, 31, 18, 15, tzinfo=datetime.timezone.utc)
-- $7 = datetime.datetime(2025, 10, 31, 18, 15, tzinfo=datetime.timezone.utc)
-- $8 = 1000
