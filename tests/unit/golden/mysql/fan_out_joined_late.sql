SELECT result."country" AS "country", result."day" AS "day", result."count" AS "count", result."sum__credit" AS "sum__credit", result."average__shipping" * 1 AS "average__shipping"
FROM (SELECT CAST("t1"."country" AS CHAR) COLLATE utf8mb4_nopad_bin AS "country", gathered."key 1" AS "day", coalesce(CAST(sum(gathered."part 1") AS SIGNED INTEGER) * CASE WHEN (sum(gathered."part 1") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END, 0) AS "count", CAST(sum("t1"."credit") AS SIGNED INTEGER) * CASE WHEN (sum("t1"."credit") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END AS "sum__credit", CAST(sum(gathered."part 3") AS DOUBLE) / nullif(CAST(coalesce(CAST(sum(gathered."part 2") AS SIGNED INTEGER) * CASE WHEN (sum(gathered."part 2") BETWEEN -9223372036854775808 AND 9223372036854775807) THEN 1 ELSE 2 END, 0) AS DOUBLE), %s) AS "average__shipping"
FROM (SELECT "t0"."day" AS "key 1", "t0"."customer_id" AS "own 1", count(*) AS "part 1", count("t0"."shipping") AS "part 2", sum(CAST("t0"."shipping" AS DOUBLE)) AS "part 3"
FROM "sales" AS "t0"
GROUP BY 1, 2) AS gathered LEFT OUTER JOIN "customers" AS "t1" ON gathered."own 1" = "t1"."id"
GROUP BY 1, 2) AS result
ORDER BY result."country" IS NULL, result."country" ASC, result."day" IS NULL, result."day" ASC
LIMIT %s
-- $1 = 0
-- $2 = 1000
