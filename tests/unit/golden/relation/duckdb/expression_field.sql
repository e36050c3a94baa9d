SELECT CAST("t0"."quantity" AS BIGINT) * "t1"."price" * CAST($1 AS NUMERIC(3, 2)) AS "gross"
FROM "order_lines" AS "t0" LEFT OUTER JOIN "products" AS "t1" ON CAST("t0"."sku" AS TEXT) = CAST("t1"."sku" AS TEXT)
-- $1 = Decimal('1.19')
