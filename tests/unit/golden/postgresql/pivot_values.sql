SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "country", count(*) OVER () AS "rows matched"
FROM "orders"
GROUP BY 1
ORDER BY "country" ASC NULLS LAST
LIMIT %s
-- $1 = 100
