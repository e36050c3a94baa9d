SELECT "products"."sku" AS "sku", "products"."product" AS "product", "products"."price" AS "price"
FROM "products"
