SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price"
FROM (SELECT CASE CAST("step_0"."sku" AS TEXT) WHEN CAST($1 AS TEXT) THEN CAST($2 AS TEXT) WHEN CAST($3 AS TEXT) THEN CAST($4 AS TEXT) ELSE CAST("step_0"."sku" AS TEXT) END AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price"
FROM "products" AS "step_0") AS "t0"
-- $1 = 'a'
-- $2 = 'Apple'
-- $3 = 'b'
-- $4 = 'Pear'
