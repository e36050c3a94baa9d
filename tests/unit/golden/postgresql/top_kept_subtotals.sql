SELECT CAST(result."country" AS TEXT) AS "country", result."count" AS "count", result."sum__amount" AS "sum__amount"
FROM (SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "country", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE (CAST("orders"."country" AS TEXT) COLLATE "C") = %s
GROUP BY 1) AS result
ORDER BY CAST(result."country" AS TEXT) COLLATE "C" ASC NULLS LAST
LIMIT %s
-- $1 = 'DE'
-- $2 = 20
