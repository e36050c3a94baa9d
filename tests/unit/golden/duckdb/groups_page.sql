SELECT CAST(date_trunc($1, timezone($2, timezone($3, "orders"."at"))) AS DATE) AS "at__week", "orders"."country" AS "country", count(*) AS "count", CAST(sum("orders"."items") AS BIGINT) AS "sum__items", median(CAST("orders"."amount" AS DOUBLE PRECISION)) AS "median__amount", count(*) OVER () AS "rows matched"
FROM "orders"
GROUP BY 1, 2
ORDER BY "at__week" ASC NULLS LAST, "country" ASC NULLS LAST
LIMIT $4
-- $1 = 'week'
-- $2 = 'America/New_York'
-- $3 = 'UTC'
-- $4 = 20
