SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price", "t0"."gross" AS "gross"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price", round("step_0"."price" * CAST($1 AS NUMERIC(3, 2)), 2) AS "gross"
FROM "products" AS "step_0") AS "t0"
-- $1 = Decimal('1.19')
