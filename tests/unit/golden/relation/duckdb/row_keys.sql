SELECT "t0"."customer_id" AS "base", "t2"."visit_id" AS "visits"
FROM "customers" AS "t0" LEFT OUTER JOIN "orders" AS "t1" ON "t0"."customer_id" = "t1"."customer_id" LEFT OUTER JOIN "visits" AS "t2" ON "t0"."customer_id" = "t2"."customer_id"
