SELECT CAST("orders"."country" AS TEXT) AS "country", count(*) AS "count", sum("orders"."amount") AS "sum__amount"
FROM "orders"
WHERE CAST("orders"."country" AS TEXT) = $1
GROUP BY 1
ORDER BY "country" ASC NULLS LAST
LIMIT $2
-- $1 = 'DE'
-- $2 = 20
