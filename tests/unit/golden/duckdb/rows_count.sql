SELECT count(*) AS row_count
FROM "orders"
WHERE "orders"."at" >= $1 AND "orders"."at" < $2
-- $1 = datetime.datetime(2026, 11, 16, 0, 0)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0)
