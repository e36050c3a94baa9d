SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price"
FROM "products" AS "step_0"
WHERE "step_0"."price" < $1) AS "t0"
-- $1 = Decimal('10')
