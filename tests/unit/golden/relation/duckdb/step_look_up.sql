SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price", "table_1_least"."brand" AS "its brand", "table_1_least"."country" AS "its country"
FROM "products" AS "step_0" LEFT OUTER JOIN (SELECT "table_1_numbered"."sku" AS "sku", "table_1_numbered"."brand" AS "brand", "table_1_numbered"."country" AS "country"
FROM (SELECT "table_1"."sku" AS "sku", "table_1"."brand" AS "brand", "table_1"."country" AS "country", row_number() OVER (PARTITION BY CAST("table_1"."sku" AS TEXT)
ORDER BY CAST("table_1"."brand" AS TEXT) ASC NULLS LAST, CAST("table_1"."country" AS TEXT) ASC NULLS LAST) AS "place"
FROM "brands" AS "table_1") AS "table_1_numbered"
WHERE "table_1_numbered"."place" = 1) AS "table_1_least" ON CAST("step_0"."sku" AS TEXT) = CAST("table_1_least"."sku" AS TEXT)
