SELECT "t0"."note" AS "note", "t1"."price" AS "products.price"
FROM (SELECT sku, ':x 100%' AS note
FROM products) AS "t0" LEFT OUTER JOIN "products" AS "t1" ON CAST("t0"."sku" AS TEXT) = CAST("t1"."sku" AS TEXT)
