SELECT "result"."at__month" AS "at__month", "result"."count 1" AS "count 1", multiply("result"."sum__amount 1", toDecimal128('1', 0)) AS "sum__amount 1", "result"."count 2" AS "count 2", multiply("result"."sum__amount 2", toDecimal128('1', 0)) AS "sum__amount 2", "result"."count" AS "count", multiply("result"."sum__amount", toDecimal128('1', 0)) AS "sum__amount"
FROM (SELECT "cells"."at__month" AS "at__month", max(CASE WHEN ("cells"."country" = {p1:String}) THEN CASE WHEN ("cells"."row part" = 0) THEN "cells"."count" END END) AS "count 1", max(CASE WHEN ("cells"."country" = {p1:String}) THEN CASE WHEN ("cells"."row part" = 0) THEN "cells"."sum__amount" END END) AS "sum__amount 1", max(CASE WHEN ("cells"."country" IS NULL) THEN CASE WHEN ("cells"."row part" = 0) THEN "cells"."count" END END) AS "count 2", max(CASE WHEN ("cells"."country" IS NULL) THEN CASE WHEN ("cells"."row part" = 0) THEN "cells"."sum__amount" END END) AS "sum__amount 2", max(CASE WHEN ("cells"."row part" != 0) THEN "cells"."count" END) AS "count", max(CASE WHEN ("cells"."row part" != 0) THEN "cells"."sum__amount" END) AS "sum__amount"
FROM (SELECT "stacked"."country" AS "country", "stacked"."at__month" AS "at__month", "stacked"."count" AS "count", "stacked"."sum__amount" AS "sum__amount", "stacked"."row part" AS "row part"
FROM (SELECT "single"."country" AS "country", "single"."at__month" AS "at__month", "single"."count" AS "count", "single"."sum__amount" AS "sum__amount", 0 AS "row part"
FROM (SELECT CAST("orders"."country" AS String) AS "country", toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))) AS "at__month", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
GROUP BY 1, 2) AS "single" UNION ALL SELECT CAST(NULL AS String) AS "country", "summed"."at__month" AS "at__month", "summed"."count" AS "count", "summed"."sum__amount" AS "sum__amount", 1 AS "row part"
FROM (SELECT toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))) AS "at__month", count(*) AS "count", sum(multiply("orders"."amount", toDecimal256('1', 0))) AS "sum__amount"
FROM "orders"
GROUP BY 1) AS "summed") AS "stacked") AS "cells"
GROUP BY 1) AS "result"
ORDER BY "result"."at__month" ASC NULLS LAST
LIMIT {p2:Int64}
-- $1 = 'DE'
-- $2 = 1000
