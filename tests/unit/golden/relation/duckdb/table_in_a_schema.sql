SELECT "Sales"."pro""ducts"."sku" AS "sku"
FROM "Sales"."pro""ducts"
