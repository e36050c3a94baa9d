SELECT result.*
FROM (SELECT "gathered"."key 1" AS "product", toInt64(count(1)) AS "count", accurateCast(sum(toInt128("gathered"."part 1")), 'Int64') AS "tea", max("gathered"."part 4") AS "max__credit", CAST(accurateCast(sum(toInt128("gathered"."part 3")), 'Int64') AS Float64) / CAST(nullif(CAST(toInt64(uniqExact("gathered"."part 2")) AS Float64), {p1:Int64}) AS Float64) + 0.0 AS "measure__basket"
FROM (SELECT CAST("t2"."product" AS String) AS "key 1", "t0"."sale_id" AS "own 1", max(CASE WHEN ("t2"."amount" = {p2:Int64}) THEN "t0"."shipping" END) AS "part 1", max("t0"."sale_id") AS "part 2", sum(multiply("t2"."amount", toDecimal256('1', 0))) AS "part 3", max("t1"."credit") AS "part 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "customers" AS "t1" ON "t0"."customer_id" = "t1"."id" LEFT OUTER JOIN "lines" AS "t2" ON "t0"."sale_id" = "t2"."sale_id"
WHERE CAST("t1"."country" AS String) = {p3:String}
GROUP BY 1, 2) AS "gathered"
GROUP BY 1) AS "result"
ORDER BY "result"."product" ASC NULLS LAST
LIMIT {p4:Int64}
-- $1 = 0
-- $2 = 1
-- $3 = 'DE'
-- $4 = 1000
