SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "country", count(*) AS "count"
FROM "orders"
GROUP BY 1
ORDER BY "count" DESC NULLS LAST, "country" ASC NULLS LAST
LIMIT %s
-- $1 = 2
