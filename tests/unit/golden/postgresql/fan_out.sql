SELECT prepared."key 1" AS "product", count(CASE WHEN ("number 1" = 1) THEN 1 END) AS "count", CAST(sum(CASE WHEN ("number 2" = 1) THEN "operand 1" END) AS BIGINT) AS "tea", max("operand 2") AS "max__credit", CAST(CAST(sum("operand 4") AS BIGINT) AS DOUBLE PRECISION) / CAST(nullif(CAST(count(DISTINCT "operand 3") AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "measure__basket"
FROM (SELECT CAST("t2"."product" AS TEXT) COLLATE "C" AS "key 1", CASE WHEN ("t2"."amount" = %s) THEN "t0"."shipping" END AS "operand 1", "t1"."credit" AS "operand 2", "t0"."sale_id" AS "operand 3", "t2"."amount" AS "operand 4", row_number() OVER (PARTITION BY CAST("t2"."product" AS TEXT) COLLATE "C", "t0"."sale_id") AS "number 1", row_number() OVER (PARTITION BY CAST("t2"."product" AS TEXT) COLLATE "C", "t0"."sale_id", CASE WHEN ("t2"."amount" = %s) THEN 1 ELSE 0 END) AS "number 2"
FROM "sales" AS "t0" LEFT OUTER JOIN "customers" AS "t1" ON "t0"."customer_id" = "t1"."id" LEFT OUTER JOIN "lines" AS "t2" ON "t0"."sale_id" = "t2"."sale_id"
WHERE (CAST("t1"."country" AS TEXT) COLLATE "C") = %s) AS prepared
GROUP BY 1
ORDER BY "product" ASC NULLS LAST
LIMIT %s
-- $1 = 0
-- $2 = 1
-- $3 = 1
-- $4 = 'DE'
-- $5 = 1000
