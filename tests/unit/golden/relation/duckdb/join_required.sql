SELECT "t0"."sku" AS "sku"
FROM "order_lines" AS "t0" JOIN "orders" AS "t1" ON "t0"."order_id" = "t1"."order_id"
