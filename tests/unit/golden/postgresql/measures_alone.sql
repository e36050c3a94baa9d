SELECT count(DISTINCT (CAST("orders"."country" AS TEXT) COLLATE "C")) AS "count_distinct__country", avg(CAST("orders"."items" AS DOUBLE PRECISION)) AS "average__items", min("orders"."at") AS "min__at", max("orders"."shipped_on") AS "max__shipped_on"
FROM "orders"
LIMIT %s
-- $1 = 1000
