SELECT result.*
FROM (SELECT "stacked"."key 1" AS "day", max("stacked"."value 1") AS "count", max("stacked"."value 2") AS "sum__amount", max("stacked"."value 4") AS "median__paid", max("stacked"."value 3") AS "max__product"
FROM (SELECT "sales"."day" AS "key 1", count(*) AS "value 1", CAST(NULL AS Int64) AS "value 2", CAST(NULL AS String) AS "value 3", NULL AS "value 4"
FROM "sales"
GROUP BY 1 UNION ALL SELECT "t0"."day" AS "key 1", 0 AS "value 1", accurateCast(sum(toInt128("t1"."amount")), 'Int64') AS "value 2", max(CAST("t1"."product" AS String)) AS "value 3", NULL AS "value 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "lines" AS "t1" ON "t0"."sale_id" = "t1"."sale_id"
GROUP BY 1 UNION ALL SELECT "t0"."day" AS "key 1", 0 AS "value 1", CAST(NULL AS Int64) AS "value 2", CAST(NULL AS String) AS "value 3", quantileExactInclusive(0.5)(CAST("t1"."paid" AS Float64)) AS "value 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "payments" AS "t1" ON "t0"."sale_id" = "t1"."sale_id"
GROUP BY 1) AS "stacked"
GROUP BY 1) AS "result"
ORDER BY "result"."day" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 1000
