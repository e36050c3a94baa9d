SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price", "t0"."double" AS "double", "t0"."size" AS "size"
FROM (SELECT CASE WHEN regexp_matches(CAST("step_3"."sku" AS TEXT), '^\s*[+-]?\d+(\.\d*)?\s*$') THEN TRY_CAST(regexp_extract(CAST("step_3"."sku" AS TEXT), '[+-]?\d+') AS BIGINT) ELSE NULL END AS "sku", "step_3"."product" AS "product", "step_3"."price" AS "price", "step_3"."double" AS "double", CASE WHEN ("step_3"."double" < CAST($1 AS BIGINT)) THEN CAST($2 AS TEXT) WHEN ("step_3"."double" IS NOT NULL) THEN CAST($3 AS TEXT) END AS "size"
FROM (SELECT "step_1"."sku" AS "sku", "step_1"."product" AS "product", "step_1"."price" AS "price", "step_1"."price" * CAST($4 AS BIGINT) AS "double"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", coalesce("step_0"."price", CAST($5 AS NUMERIC(1, 0))) AS "price"
FROM "products" AS "step_0") AS "step_1"
WHERE "step_1"."price" < $6) AS "step_3") AS "t0"
-- $1 = 5
-- $2 = 'under 5'
-- $3 = '5 and over'
-- $4 = 2
-- $5 = Decimal('0')
-- $6 = Decimal('10')
