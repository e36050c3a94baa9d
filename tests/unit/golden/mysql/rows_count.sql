SELECT count(*) AS row_count
FROM "orders"
WHERE "orders"."at" >= CAST(%s AS DATETIME(6)) AND "orders"."at" < CAST(%s AS DATETIME(6))
-- $1 = datetime.datetime(2026, 11, 16, 0, 0)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0)
