SELECT "t0"."line_id" AS "line_id", "t3"."region" AS "regions.region"
FROM "order_lines" AS "t0" LEFT OUTER JOIN "orders" AS "t1" ON "t0"."order_id" = "t1"."order_id" LEFT OUTER JOIN "customers" AS "t2" ON "t1"."customer_id" = "t2"."customer_id" LEFT OUTER JOIN "regions" AS "t3" ON "t2"."region_id" = "t3"."region_id"
