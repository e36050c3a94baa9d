SELECT "t0"."sku" AS "sku", "t0"."product" AS "product", "t0"."price" AS "price", "t0"."first" AS "first", "t0"."second" AS "second"
FROM (SELECT "step_0"."sku" AS "sku", "step_0"."product" AS "product", "step_0"."price" AS "price", list_extract(string_split(CAST("step_0"."product" AS TEXT), $1), 1) AS "first", list_extract(string_split(CAST("step_0"."product" AS TEXT), $2), 2) AS "second"
FROM "products" AS "step_0") AS "t0"
-- $1 = ' '
-- $2 = ' '
