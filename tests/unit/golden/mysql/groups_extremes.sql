SELECT min("orders"."at") AS min_1, max("orders"."at") AS max_1
FROM "orders"
