SELECT prepared."key 1" AS "at__day", count(*) AS "count", sum(prepared."operand 1") AS "sum__amount"
FROM (SELECT CAST(timezone('Asia/Kathmandu', CAST("orders"."at" AS TIMESTAMP WITH TIME ZONE)) AS DATE) AS "key 1", "orders"."amount" AS "operand 1"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
LIMIT ALL OFFSET '0') AS prepared
GROUP BY 1
ORDER BY "at__day" ASC NULLS LAST
-- $1 = datetime.datetime(2026, 11, 15, 18, 15, tzinfo=datetime.timezone.utc)
-- $2 = datetime.datetime(2026, 11, 22, 18, 15, tzinfo=datetime.timezone.utc)
