SELECT count(*) AS "row_count"
FROM "orders"
WHERE "orders"."at" >= {p1:DateTime64(6, 'UTC')} AND "orders"."at" < {p2:DateTime64(6, 'UTC')}
-- $1 = datetime.datetime(2026, 11, 16, 0, 0)
-- $2 = datetime.datetime(2026, 11, 23, 0, 0)
