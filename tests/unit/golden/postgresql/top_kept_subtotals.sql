SELECT CAST("orders"."country" AS TEXT) COLLATE "C" AS "country", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE (CAST("orders"."country" AS TEXT) COLLATE "C") = %s
GROUP BY 1
ORDER BY "country" ASC NULLS LAST
LIMIT %s
-- $1 = 'DE'
-- $2 = 20
