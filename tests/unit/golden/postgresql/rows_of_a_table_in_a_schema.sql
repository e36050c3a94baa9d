SELECT "Sales"."or""ders"."items" AS "items"
FROM "Sales"."or""ders"
ORDER BY "Sales"."or""ders"."items" ASC NULLS LAST
LIMIT %s
-- $1 = 1000
