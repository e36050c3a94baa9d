SELECT "t0"."price" AS "price"
FROM (SELECT coalesce("step_0"."price", CAST($1 AS NUMERIC(1, 0))) AS "price"
FROM "products" AS "step_0") AS "t0"
-- $1 = Decimal('0')
