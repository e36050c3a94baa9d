SELECT "step_1"."sku" AS "sku", "step_1"."product" AS "product", "step_1"."price" AS "price"
FROM (SELECT CAST("step_0"."sku" AS TEXT) AS "sku", CAST("step_0"."product" AS TEXT) AS "product", "step_0"."price" AS "price"
FROM "products" AS "step_0" UNION ALL SELECT CAST("table_1"."sku" AS TEXT) AS "sku", CAST(NULL AS TEXT) AS "product", TRY_CAST("table_1"."price" AS NUMERIC(38, 2)) AS "price"
FROM "products_2025" AS "table_1") AS "step_1"
