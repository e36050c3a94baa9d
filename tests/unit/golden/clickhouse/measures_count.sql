SELECT 1 AS "row_count"
