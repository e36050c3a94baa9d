SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price"
FROM (SELECT "step_0"."sku" AS "sku", coalesce(nullif(CAST("step_0"."product" AS TEXT), CAST($1 AS TEXT)), CAST($2 AS TEXT)) AS "product", coalesce("step_0"."price", CAST($3 AS NUMERIC(1, 0))) AS "price"
FROM "products" AS "step_0") AS "t0"
-- $1 = ''
-- $2 = '?'
-- $3 = Decimal('0')
