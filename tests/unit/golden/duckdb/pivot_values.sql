SELECT CAST("orders"."country" AS TEXT) AS "country", count(*) OVER () AS "rows matched"
FROM "orders"
GROUP BY 1
ORDER BY "country" ASC NULLS LAST
LIMIT $1
-- $1 = 100
