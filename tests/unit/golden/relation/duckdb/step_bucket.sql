SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price", "t0"."size" AS "size"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price", CASE WHEN ("step_0"."price" < CAST($1 AS BIGINT)) THEN CAST($2 AS TEXT) WHEN ("step_0"."price" < CAST($3 AS NUMERIC(2, 1))) THEN CAST($4 AS TEXT) WHEN ("step_0"."price" IS NOT NULL) THEN CAST($5 AS TEXT) END AS "size"
FROM "products" AS "step_0") AS "t0"
-- $1 = 1
-- $2 = 'under 1'
-- $3 = Decimal('2.5')
-- $4 = '1 to under 2.5'
-- $5 = '2.5 and over'
