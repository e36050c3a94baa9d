SELECT result.*
FROM (SELECT CAST("t1"."country" AS String) AS "country", "gathered"."key 1" AS "day", coalesce(accurateCast(sum(toInt128("gathered"."part 1")), 'Int64'), 0) AS "count", accurateCast(sum(toInt128("t1"."credit")), 'Int64') AS "sum__credit", CAST(sum(multiply("gathered"."part 3", toDecimal256('1', 0))) AS Float64) / CAST(nullif(CAST(coalesce(accurateCast(sum(toInt128("gathered"."part 2")), 'Int64'), 0) AS Float64), {p1:Int64}) AS Float64) + 0.0 AS "average__shipping"
FROM (SELECT "t0"."day" AS "key 1", "t0"."customer_id" AS "own 1", count(*) AS "part 1", toInt64(count("t0"."shipping")) AS "part 2", sum(multiply(CAST("t0"."shipping" AS Float64), toDecimal256('1', 0))) AS "part 3"
FROM "sales" AS "t0"
GROUP BY 1, 2) AS "gathered" LEFT OUTER JOIN "customers" AS "t1" ON "gathered"."own 1" = "t1"."id"
GROUP BY 1, 2) AS "result"
ORDER BY "result"."country" ASC NULLS LAST, "result"."day" ASC NULLS LAST
LIMIT {p2:Int64}
-- $1 = 0
-- $2 = 1000
