SELECT "t0"."quantity" AS "quantity", "t1"."shipping" AS "orders.shipping", "t2"."product" AS "products.product"
FROM "order_lines" AS "t0" LEFT OUTER JOIN "orders" AS "t1" ON "t0"."order_id" = "t1"."order_id" LEFT OUTER JOIN "products" AS "t2" ON CAST("t0"."sku" AS TEXT) = CAST("t2"."sku" AS TEXT)
