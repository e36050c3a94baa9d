SELECT result."count_distinct__country" AS "count_distinct__country", result."average__items" * 1 AS "average__items", result."min__at" AS "min__at", result."max__shipped_on" AS "max__shipped_on"
FROM (SELECT count(DISTINCT (CAST("orders"."country" AS CHAR) COLLATE utf8mb4_nopad_bin)) AS "count_distinct__country", avg(CAST("orders"."items" AS DOUBLE)) AS "average__items", min("orders"."at") AS "min__at", max("orders"."shipped_on") AS "max__shipped_on"
FROM "orders") AS result
LIMIT %s
-- $1 = 1000
