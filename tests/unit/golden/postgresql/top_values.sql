SELECT CAST(result."country" AS TEXT) AS "country", result."count" AS "count"
FROM (SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "country", count(*) AS "count"
FROM "orders"
GROUP BY 1) AS result
ORDER BY result."count" DESC NULLS LAST, CAST(result."country" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 2
