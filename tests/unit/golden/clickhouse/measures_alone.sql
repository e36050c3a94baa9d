SELECT "result"."count_distinct__country" AS "count_distinct__country", "result"."average__items" AS "average__items", CAST("result"."min__at" AS DateTime64(6, 'UTC')) AS "min__at", "result"."max__shipped_on" AS "max__shipped_on"
FROM (SELECT toInt64(uniqExact("orders"."country")) AS "count_distinct__country", avg(CAST("orders"."items" AS Float64)) AS "average__items", min("orders"."at") AS "min__at", max("orders"."shipped_on") AS "max__shipped_on"
FROM "orders") AS "result"
LIMIT {p1:Int64}
-- $1 = 1000
