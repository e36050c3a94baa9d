SELECT CAST("t1"."country" AS TEXT) COLLATE "C" AS "country", gathered."key 1" AS "day", coalesce(CAST(sum(gathered."part 1") AS BIGINT), 0) AS "count", CAST(sum("t1"."credit") AS BIGINT) AS "sum__credit", CAST(sum(gathered."part 3") AS DOUBLE PRECISION) / CAST(nullif(CAST(coalesce(CAST(sum(gathered."part 2") AS BIGINT), 0) AS DOUBLE PRECISION), %s) AS DOUBLE PRECISION) AS "average__shipping"
FROM (SELECT "t0"."day" AS "key 1", "t0"."customer_id" AS "own 1", count(*) AS "part 1", count("t0"."shipping") AS "part 2", sum(CAST("t0"."shipping" AS DOUBLE PRECISION)) AS "part 3"
FROM "sales" AS "t0"
GROUP BY 1, 2) AS gathered LEFT OUTER JOIN "customers" AS "t1" ON gathered."own 1" = "t1"."id"
GROUP BY 1, 2
ORDER BY "country" ASC NULLS LAST, "day" ASC NULLS LAST
LIMIT %s
-- $1 = 0
-- $2 = 1000
