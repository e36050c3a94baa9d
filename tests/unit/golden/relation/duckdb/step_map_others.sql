SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price", "t0"."word" AS "word"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price", CASE "step_0"."price" WHEN CAST($1 AS NUMERIC(1, 0)) THEN CAST($2 AS TEXT) ELSE CASE WHEN ("step_0"."price" IS NOT NULL) THEN CAST($3 AS TEXT) END END AS "word"
FROM "products" AS "step_0") AS "t0"
-- $1 = Decimal('1')
-- $2 = 'one'
-- $3 = 'some'
