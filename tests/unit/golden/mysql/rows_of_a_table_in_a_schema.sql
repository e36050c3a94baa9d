SELECT "Sales"."or""ders"."items" AS "items"
FROM "Sales"."or""ders"
ORDER BY "Sales"."or""ders"."items" IS NULL, "Sales"."or""ders"."items" ASC
LIMIT %s
-- $1 = 1000
