SELECT "t0"."sku" AS "sku", "t0"."note" AS "note"
FROM (SELECT sku, ':x 100%' AS note
FROM products) AS "t0"
