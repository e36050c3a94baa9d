SELECT "step_1"."product" AS "product", "step_1"."a" AS "a", "step_1"."b" AS "b"
FROM (SELECT CAST("step_0"."product" AS TEXT) AS "product", sum(CASE WHEN (CAST("step_0"."sku" AS TEXT) = CAST($1 AS TEXT)) THEN "step_0"."price" END) AS "a", sum(CASE WHEN (CAST("step_0"."sku" AS TEXT) = CAST($2 AS TEXT)) THEN "step_0"."price" END) AS "b"
FROM "products" AS "step_0"
GROUP BY CAST("step_0"."product" AS TEXT)) AS "step_1"
-- $1 = 'a'
-- $2 = 'b'
