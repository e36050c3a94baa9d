SELECT strftime(timezone($1, timezone($2, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE))), $3) AS "at__iso_week", hour(timezone($4, timezone($5, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS "at__hour_of_day", isodow(timezone($6, timezone($7, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS "at__day_of_week", day(timezone($8, timezone($9, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS "at__day_of_month", month(timezone($10, timezone($11, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE)))) AS "at__month_of_year", quarter(timezone($12, timezone($13, CAST("orders"."at" AS TIMESTAMP WITHOUT TIME ZONE))) - to_months(3)) AS "at__quarter_of_year", CAST(date_trunc($14, "orders"."shipped_on" - to_days(6)) + to_days(6) AS DATE) AS "shipped_on__week", CAST(date_trunc($15, "orders"."shipped_on") AS DATE) AS "shipped_on__quarter", CAST(date_trunc($16, "orders"."shipped_on" - to_months(3)) + to_months(3) AS DATE) AS "shipped_on__year", count(*) AS "count"
FROM "orders"
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
ORDER BY "at__iso_week" ASC NULLS LAST, "at__hour_of_day" ASC NULLS LAST, "at__day_of_week" ASC NULLS LAST, "at__day_of_month" ASC NULLS LAST, "at__month_of_year" ASC NULLS LAST, "at__quarter_of_year" ASC NULLS LAST, "shipped_on__week" ASC NULLS LAST, "shipped_on__quarter" ASC NULLS LAST, "shipped_on__year" ASC NULLS LAST
LIMIT $17
-- $1 = 'Asia/Kathmandu'
-- $2 = 'UTC'
-- $3 = '%G-W%V'
-- $4 = 'Asia/Kathmandu'
-- $5 = 'UTC'
-- $6 = 'Asia/Kathmandu'
-- $7 = 'UTC'
-- $8 = 'Asia/Kathmandu'
-- $9 = 'UTC'
-- $10 = 'Asia/Kathmandu'
-- $11 = 'UTC'
-- $12 = 'Asia/Kathmandu'
-- $13 = 'UTC'
-- $14 = 'week'
-- $15 = 'quarter'
-- $16 = 'year'
-- $17 = 1000
