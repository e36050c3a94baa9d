SELECT "t0"."product" AS "product", "t1"."quantity" AS "lines.quantity"
FROM (SELECT "step_0"."product" AS "product", list_extract(string_split(CAST("step_0"."product" AS TEXT), $1), 1) AS "first"
FROM "products" AS "step_0") AS "t0" LEFT OUTER JOIN "order_lines" AS "t1" ON CAST("t0"."first" AS TEXT) = CAST("t1"."sku" AS TEXT)
-- $1 = ' '
