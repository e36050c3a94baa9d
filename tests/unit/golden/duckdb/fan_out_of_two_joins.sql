SELECT stacked."key 1" AS "day", max(stacked."value 1") AS "count", max(stacked."value 2") AS "sum__amount", max(stacked."value 4") AS "median__paid", max(stacked."value 3") AS "max__product"
FROM (SELECT "sales"."day" AS "key 1", count(*) AS "value 1", CAST(NULL AS BIGINT) AS "value 2", CAST(NULL AS TEXT) AS "value 3", CAST(NULL AS NUMERIC(1, 0)) AS "value 4"
FROM "sales"
GROUP BY 1 UNION ALL SELECT "t0"."day" AS "key 1", 0 AS "value 1", CAST(sum("t1"."amount") AS BIGINT) AS "value 2", max(CAST("t1"."product" AS TEXT)) AS "value 3", CAST(NULL AS NUMERIC(1, 0)) AS "value 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "lines" AS "t1" ON "t0"."sale_id" = "t1"."sale_id"
GROUP BY 1 UNION ALL SELECT "t0"."day" AS "key 1", 0 AS "value 1", CAST(NULL AS BIGINT) AS "value 2", CAST(NULL AS TEXT) AS "value 3", median(CAST("t1"."paid" AS DOUBLE PRECISION)) AS "value 4"
FROM "sales" AS "t0" LEFT OUTER JOIN "payments" AS "t1" ON "t0"."sale_id" = "t1"."sale_id"
GROUP BY 1) AS stacked
GROUP BY 1
ORDER BY "day" ASC NULLS LAST
LIMIT $1
-- $1 = 1000
