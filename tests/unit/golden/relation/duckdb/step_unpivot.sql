SELECT "t0"."price" AS "price", "t0"."what" AS "what", "t0"."text" AS "text"
FROM (SELECT "step_0"."price" AS "price", CASE "table_1"."turn" WHEN 1 THEN CAST($1 AS TEXT) WHEN 2 THEN CAST($2 AS TEXT) END AS "what", CASE "table_1"."turn" WHEN 1 THEN CAST("step_0"."sku" AS TEXT) WHEN 2 THEN CAST("step_0"."product" AS TEXT) END AS "text"
FROM "products" AS "step_0" JOIN (SELECT 1 AS "turn" UNION ALL SELECT 2 AS "turn") AS "table_1" ON true) AS "t0"
-- $1 = 'sku'
-- $2 = 'product'
