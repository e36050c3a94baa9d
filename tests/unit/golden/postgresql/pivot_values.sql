SELECT CAST(result."country" AS TEXT) AS "country", count(*) OVER () AS "rows matched"
FROM (SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "country"
FROM "orders"
GROUP BY 1) AS result
ORDER BY CAST(result."country" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 100
