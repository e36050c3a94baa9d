SELECT result.*
FROM (SELECT quantileExactInclusive(0.9)(CAST("orders"."weight" AS Float64)) AS "percentile_90__weight", sum(multiply(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."amount" END, toDecimal256('1', 0))) AS "paid_amount 8ceb7388d942", toInt64(count(CASE WHEN ("orders"."is_paid" = true) THEN 1 END)) AS "paid", CAST(sum(multiply(CASE WHEN ("orders"."is_paid" = true) THEN ("orders"."amount") * toDecimal128('1', 0) * toInt64("orders"."items") END, toDecimal256('1', 0))) AS Float64) / CAST(nullif(CAST(toInt64(uniqExact(CASE WHEN ("orders"."is_paid" = true) THEN "orders"."country" END)) AS Float64), {p1:Int64}) AS Float64) + 0.0 + {p2:Int64} AS "x"
FROM "orders") AS "result"
LIMIT {p3:Int64}
-- $1 = 0
-- $2 = 1
-- $3 = 1000
