SELECT result.*
FROM (SELECT "prepared"."key 1" AS "product", toInt64(count(CASE WHEN ("number 1" = 1) THEN 1 END)) AS "count", accurateCast(sum(toInt128(CASE WHEN ("number 2" = 1) THEN "operand 1" END)), 'Int64') AS "tea", max("operand 2") AS "max__credit", CAST(accurateCast(sum(toInt128("operand 4")), 'Int64') AS Float64) / CAST(nullif(CAST(toInt64(uniqExact("operand 3")) AS Float64), {p1:Int64}) AS Float64) + 0.0 AS "measure__basket"
FROM (SELECT CAST("t2"."product" AS String) AS "key 1", CASE WHEN ("t2"."amount" = {p2:Int64}) THEN "t0"."shipping" END AS "operand 1", "t1"."credit" AS "operand 2", "t0"."sale_id" AS "operand 3", "t2"."amount" AS "operand 4", row_number() OVER (PARTITION BY CAST("t2"."product" AS String), "t0"."sale_id") AS "number 1", row_number() OVER (PARTITION BY CAST("t2"."product" AS String), "t0"."sale_id", CASE WHEN ("t2"."amount" = {p3:Int64}) THEN 1 ELSE 0 END) AS "number 2"
FROM "sales" AS "t0" LEFT OUTER JOIN "customers" AS "t1" ON "t0"."customer_id" = "t1"."id" LEFT OUTER JOIN "lines" AS "t2" ON "t0"."sale_id" = "t2"."sale_id"
WHERE CAST("t1"."country" AS String) = {p4:String}) AS "prepared"
GROUP BY 1) AS "result"
ORDER BY "result"."product" ASC NULLS LAST
LIMIT {p5:Int64}
-- $1 = 0
-- $2 = 1
-- $3 = 1
-- $4 = 'DE'
-- $5 = 1000
