SELECT count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
-- $1 = datetime.datetime(2026, 11, 8, 18, 15, tzinfo=datetime.timezone.utc)
-- $2 = datetime.datetime(2026, 11, 15, 18, 15, tzinfo=datetime.timezone.utc)
