SELECT count(gathered."own 1") AS "count_distinct__country", CAST(sum(gathered."part 2") AS DOUBLE PRECISION) / CAST(nullif(CAST(coalesce(CAST(sum(gathered."part 1") AS BIGINT), 0) AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "average__items", min(gathered."part 3") AS "min__at", max(gathered."part 4") AS "max__shipped_on"
FROM (SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "own 1", count("orders"."items") AS "part 1", sum(CAST("orders"."items" AS DOUBLE PRECISION)) AS "part 2", min("orders"."at") AS "part 3", max("orders"."shipped_on") AS "part 4"
FROM "orders"
GROUP BY 1) AS gathered
LIMIT %s
-- $1 = 0
-- $2 = 1000
