SELECT "t0"."credit" AS "credit", "t2"."quantity" AS "order_lines.quantity", "t3"."seconds" AS "visits.seconds"
FROM "customers" AS "t0" LEFT OUTER JOIN "orders" AS "t1" ON "t0"."customer_id" = "t1"."customer_id" LEFT OUTER JOIN "order_lines" AS "t2" ON "t1"."order_id" = "t2"."order_id" LEFT OUTER JOIN "visits" AS "t3" ON "t0"."customer_id" = "t3"."customer_id"
