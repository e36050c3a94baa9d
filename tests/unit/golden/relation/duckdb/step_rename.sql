SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "name", "step_0"."price" AS "price"
FROM "products" AS "step_0"
