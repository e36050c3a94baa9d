SELECT "Sales"."or""ders"."items" AS "items"
FROM "Sales"."or""ders"
ORDER BY "Sales"."or""ders"."items" ASC NULLS LAST
LIMIT {p1:Int64}
-- $1 = 1000
