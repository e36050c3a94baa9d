SELECT CAST(date_trunc($1, CASE WHEN ("orders"."at" < $2) THEN "orders"."at" + to_seconds($3) WHEN ("orders"."at" < $4) THEN "orders"."at" + to_seconds($5) ELSE "orders"."at" + to_seconds($6) END) AS DATE) AS "at__week", CAST("orders"."country" AS TEXT) AS "country", count(*) AS "count", CAST(sum("orders"."items") AS BIGINT) AS "sum__items", median(CAST("orders"."amount" AS DOUBLE PRECISION)) AS "median__amount"
FROM "orders"
WHERE "orders"."at" >= $7 AND "orders"."at" < $8
GROUP BY 1, 2
ORDER BY "at__week" ASC NULLS LAST, "country" ASC NULLS LAST
LIMIT $9
-- $1 = 'week'
-- $2 = datetime.datetime(2026, 3, 8, 7, 0)
-- $3 = -18000
-- $4 = datetime.datetime(2026, 11, 1, 6, 0)
-- $5 = -14400
-- $6 = -18000
-- $7 = datetime.datetime(2026, 3, 1, 5, 0)
-- $8 = datetime.datetime(2026, 12, 1, 5, 0)
-- $9 = 1000
