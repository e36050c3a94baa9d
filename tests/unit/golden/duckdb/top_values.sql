SELECT CAST("orders"."country" AS TEXT) AS "country", count(*) AS "count"
FROM "orders"
GROUP BY 1
ORDER BY "count" DESC NULLS LAST, "country" ASC NULLS LAST
LIMIT $1
-- $1 = 2
