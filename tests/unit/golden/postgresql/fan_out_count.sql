SELECT count(*) AS row_count
FROM (SELECT CAST("t2"."product" AS TEXT) COLLATE "C" AS "product"
FROM "sales" AS "t0" LEFT OUTER JOIN "customers" AS "t1" ON "t0"."customer_id" = "t1"."id" LEFT OUTER JOIN "lines" AS "t2" ON "t0"."sale_id" = "t2"."sale_id"
WHERE (CAST("t1"."country" AS TEXT) COLLATE "C") = %s
GROUP BY 1) AS counted
-- $1 = 'DE'
