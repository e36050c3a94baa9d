SELECT gathered."key 1" AS "product", count(1) AS "count", CAST(sum(gathered."part 1") AS BIGINT) AS "tea", max(gathered."part 4") AS "max__credit", CAST(CAST(sum(gathered."part 3") AS BIGINT) AS DOUBLE PRECISION) / CAST(nullif(CAST(count(DISTINCT gathered."part 2") AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "measure__basket"
FROM (SELECT CAST("t2"."product" AS TEXT) COLLATE "C" AS "key 1", "t0"."sale_id" AS "own 1", max(CASE WHEN ("t2"."amount" = %s) THEN "t0"."shipping" END) AS "part 1", max("t0"."sale_id") AS "part 2", sum("t2"."amount") AS "part 3", max("t1"."credit") AS "part 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "customers" AS "t1" ON "t0"."customer_id" = "t1"."id" LEFT OUTER JOIN "lines" AS "t2" ON "t0"."sale_id" = "t2"."sale_id"
WHERE (CAST("t1"."country" AS TEXT) COLLATE "C") = %s
GROUP BY 1, 2) AS gathered
GROUP BY 1
ORDER BY "product" ASC NULLS LAST
LIMIT %s
-- $1 = 0
-- $2 = 1
-- $3 = 'DE'
-- $4 = 1000
