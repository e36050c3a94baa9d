SELECT count(*) AS row_count
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS TIMESTAMP WITH TIME ZONE) AND "orders"."at" < CAST(%s AS TIMESTAMP WITH TIME ZONE)
-- $1 = datetime.datetime(2026, 11, 16, 0, 0, tzinfo=datetime.timezone.utc)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0, tzinfo=datetime.timezone.utc)
