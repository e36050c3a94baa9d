SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", TRY_CAST(trunc("step_0"."price") AS BIGINT) AS "price"
FROM "products" AS "step_0") AS "t0"
