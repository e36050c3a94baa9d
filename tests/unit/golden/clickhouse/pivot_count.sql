SELECT count(*) AS "row_count"
FROM (SELECT toStartOfMonth(toDate32(plus(toDateTime64("orders"."at", 6, 'UTC'), toIntervalSecond(transform(roundDown(toUnixTimestamp64Micro(toDateTime64("orders"."at", 6, 'UTC')), [-4611686018427387904, -1577943676000000, 504901800000000]), [-4611686018427387904, -1577943676000000, 504901800000000], [20476, 19800, 20700], 0))))) AS "at__month"
FROM "orders"
GROUP BY 1) AS "counted"
