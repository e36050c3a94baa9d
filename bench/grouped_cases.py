"""What is previewed over the large tables, and the SQL that somebody would write by hand for the same answer."""

from dataclasses import dataclass
from typing import Any

#: A preview may take this much of what SQL written by hand takes.
LIMIT = 1.2
PAGE_SIZE = 50
_ZONE = "America/New_York"
#: The twelve complete months before November 2026 begin and end at midnight in New York.
_YEAR = {"field": "occurred_at", "window": {"kind": "last", "n": 12, "unit": "month"}}
_QUARTER = {"field": "occurred_at", "window": {"kind": "last", "n": 3, "unit": "month"}}
_COUNT = {"aggregation": "count"}
_AMOUNT = {"aggregation": "sum", "field": "amount"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question. The SQL gives the same rows in the same order, of one page; its columns are called the same."""

    name: str
    definition: dict[str, Any]
    duckdb: str
    postgresql: str
    limit: float | None = None


CASES = (
    Case(
        name="by month in New York, filtered, a year",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "occurred_at", "grain": "month"}],
            "measures": [_COUNT, _AMOUNT],
            "filters": {"items": [{"field": "is_error", "operator": "is", "values": [False]}]},
            "period": _YEAR,
            "timezone": _ZONE,
        },
        duckdb="""
SELECT CAST(date_trunc('month', occurred_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York') AS DATE)
    AS occurred_at__month, count(*) AS count, sum(amount) AS sum__amount
FROM events
WHERE occurred_at >= '2025-11-01 04:00' AND occurred_at < '2026-11-01 04:00' AND NOT is_error
GROUP BY ALL ORDER BY 1 LIMIT 50
""",
        postgresql="""
SELECT date_trunc('month', occurred_at AT TIME ZONE 'America/New_York')::date AS occurred_at__month,
    count(*) AS count, sum(amount)::numeric(38, 2) AS sum__amount
FROM events
WHERE occurred_at >= '2025-11-01 04:00+00' AND occurred_at < '2026-11-01 04:00+00' AND NOT is_error
GROUP BY 1 ORDER BY 1 LIMIT 50
""",
    ),
    Case(
        name="by month in New York, all time",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "occurred_at", "grain": "month"}],
            "measures": [_COUNT, _AMOUNT],
            "timezone": _ZONE,
        },
        duckdb="""
SELECT CAST(date_trunc('month', occurred_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York') AS DATE)
    AS occurred_at__month, count(*) AS count, sum(amount) AS sum__amount
FROM events GROUP BY ALL ORDER BY 1 LIMIT 50
""",
        postgresql="""
SELECT date_trunc('month', occurred_at AT TIME ZONE 'America/New_York')::date AS occurred_at__month,
    count(*) AS count, sum(amount)::numeric(38, 2) AS sum__amount
FROM events GROUP BY 1 ORDER BY 1 LIMIT 50
""",
    ),
    Case(
        name="by feature, distinct users",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "feature"}],
            "measures": [_COUNT, {"aggregation": "count_distinct", "field": "user_name"}],
        },
        duckdb="""
SELECT feature, count(*) AS count, count(DISTINCT user_name) AS count_distinct__user_name
FROM events GROUP BY ALL ORDER BY feature LIMIT 50
""",
        postgresql="""
SELECT feature, count(*) AS count, count(DISTINCT user_name) AS count_distinct__user_name
FROM events GROUP BY feature ORDER BY feature COLLATE "C" LIMIT 50
""",
    ),
    Case(
        name="by feature, distinct users, by hand in two steps",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "feature"}],
            "measures": [_COUNT, {"aggregation": "count_distinct", "field": "user_name"}],
        },
        duckdb="""
SELECT feature, CAST(sum(n) AS BIGINT) AS count, count(user_name) AS count_distinct__user_name
FROM (SELECT feature, user_name, count(*) AS n FROM events GROUP BY ALL) GROUP BY ALL ORDER BY feature LIMIT 50
""",
        postgresql="""
SELECT feature, sum(n)::bigint AS count, count(user_name) AS count_distinct__user_name
FROM (SELECT feature, user_name, count(*) AS n FROM events GROUP BY 1, 2) AS pairs
GROUP BY feature ORDER BY feature COLLATE "C" LIMIT 50
""",
    ),
    Case(
        name="by day in New York, sum and average, sorted by the sum",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "occurred_at", "grain": "day"}],
            "measures": [_AMOUNT, {"aggregation": "average", "field": "duration_ms"}],
            "sort": [{"key": "sum__amount", "descending": True}],
            "timezone": _ZONE,
        },
        duckdb="""
SELECT CAST(occurred_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York' AS DATE) AS occurred_at__day,
    sum(amount) AS sum__amount, avg(duration_ms) AS average__duration_ms
FROM events GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 50
""",
        postgresql="""
SELECT (occurred_at AT TIME ZONE 'America/New_York')::date AS occurred_at__day,
    sum(amount)::numeric(38, 2) AS sum__amount, avg(duration_ms)::double precision AS average__duration_ms
FROM events GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50
""",
    ),
    Case(
        name="by feature and month in UTC, two features",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "feature"}, {"field": "occurred_at", "grain": "month"}],
            "measures": [_COUNT, _AMOUNT],
            "filters": {"items": [{"field": "feature", "operator": "is", "values": ["Search", "Export"]}]},
        },
        duckdb="""
SELECT feature, CAST(date_trunc('month', occurred_at) AS DATE) AS occurred_at__month,
    count(*) AS count, sum(amount) AS sum__amount
FROM events WHERE feature IN ('Search', 'Export') GROUP BY ALL ORDER BY 1, 2 LIMIT 50
""",
        postgresql="""
SELECT feature, date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date AS occurred_at__month,
    count(*) AS count, sum(amount)::numeric(38, 2) AS sum__amount
FROM events WHERE feature IN ('Search', 'Export') GROUP BY 1, 2 ORDER BY feature COLLATE "C", 2 LIMIT 50
""",
    ),
    Case(
        name="by the customer's country (many to one)",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "country"}],
            "measures": [_COUNT, _AMOUNT],
        },
        duckdb="""
SELECT c.country, count(*) AS count, sum(e.amount) AS sum__amount
FROM events AS e LEFT JOIN customers AS c USING (customer_id) GROUP BY ALL ORDER BY 1 LIMIT 50
""",
        postgresql="""
SELECT c.country, count(*) AS count, sum(e.amount)::numeric(38, 2) AS sum__amount
FROM events AS e LEFT JOIN customers AS c USING (customer_id) GROUP BY c.country ORDER BY c.country COLLATE "C" LIMIT 50
""",
    ),
    Case(
        name="by feature, customers' credit counted once (fan-out)",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "feature"}],
            "measures": [_COUNT, {"aggregation": "sum", "field": "credit"}],
        },
        duckdb="""
SELECT feature, CAST(sum(n) AS BIGINT) AS count, sum(credit) AS sum__credit
FROM (SELECT feature, customer_id, count(*) AS n FROM events GROUP BY ALL)
LEFT JOIN customers USING (customer_id) GROUP BY ALL ORDER BY 1 LIMIT 50
""",
        postgresql="""
SELECT feature, sum(n)::bigint AS count, sum(credit)::numeric(38, 2) AS sum__credit
FROM (SELECT feature, customer_id, count(*) AS n FROM events GROUP BY 1, 2) AS pairs
LEFT JOIN customers USING (customer_id) GROUP BY feature ORDER BY feature COLLATE "C" LIMIT 50
""",
    ),
    Case(
        name="by the customer's country, customers' credit counted once (fan-out)",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "country"}],
            "measures": [_COUNT, {"aggregation": "sum", "field": "credit"}],
        },
        duckdb="""
SELECT country, CAST(sum(n) AS BIGINT) AS count, sum(credit) AS sum__credit
FROM (SELECT customer_id, count(*) AS n FROM events GROUP BY ALL)
LEFT JOIN customers USING (customer_id) GROUP BY ALL ORDER BY 1 LIMIT 50
""",
        postgresql="""
SELECT country, sum(n)::bigint AS count, sum(credit)::numeric(38, 2) AS sum__credit
FROM (SELECT customer_id, count(*) AS n FROM events GROUP BY 1) AS pairs
LEFT JOIN customers USING (customer_id) GROUP BY country ORDER BY country COLLATE "C" LIMIT 50
""",
    ),
    Case(
        name="by month in New York, customers' credit counted once and the median duration (fan-out)",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "occurred_at", "grain": "month"}],
            "measures": [{"aggregation": "sum", "field": "credit"}, {"aggregation": "median", "field": "duration_ms"}],
            "period": _YEAR,
            "timezone": _ZONE,
        },
        duckdb="""
WITH year AS (
    SELECT CAST(date_trunc('month', occurred_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York') AS DATE) AS month,
        customer_id, duration_ms
    FROM events WHERE occurred_at >= '2025-11-01 04:00' AND occurred_at < '2026-11-01 04:00'
),
credits AS (
    SELECT month, sum(credit) AS credit
    FROM (SELECT DISTINCT month, customer_id FROM year) LEFT JOIN customers USING (customer_id) GROUP BY ALL
),
medians AS (SELECT month, CAST(median(duration_ms) AS DOUBLE) AS middle FROM year GROUP BY ALL)
SELECT month AS occurred_at__month, credit AS sum__credit, middle AS median__duration_ms
FROM credits JOIN medians USING (month) ORDER BY 1 LIMIT 50
""",
        postgresql="""
WITH year AS NOT MATERIALIZED (
    SELECT date_trunc('month', occurred_at AT TIME ZONE 'America/New_York')::date AS month, customer_id, duration_ms
    FROM events WHERE occurred_at >= '2025-11-01 04:00+00' AND occurred_at < '2026-11-01 04:00+00'
),
credits AS (
    SELECT month, sum(credit)::numeric(38, 2) AS credit
    FROM (SELECT DISTINCT month, customer_id FROM year) AS pairs LEFT JOIN customers USING (customer_id) GROUP BY month
),
medians AS (SELECT month, percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS middle FROM year GROUP BY month)
SELECT month AS occurred_at__month, credit AS sum__credit, middle AS median__duration_ms
FROM credits JOIN medians USING (month) ORDER BY 1 LIMIT 50
""",
    ),
    Case(
        name="by feature, a quarter and the change since the one before",
        limit=LIMIT,
        definition={
            "groupings": [{"field": "feature"}],
            "measures": [_AMOUNT],
            "calculations": [{"name": "change", "kind": "change", "of": "sum__amount"}],
            "period": _QUARTER,
            "timezone": _ZONE,
        },
        duckdb="""
SELECT feature, sum(amount) FILTER (occurred_at >= '2026-08-01 04:00') AS sum__amount,
    sum(amount) FILTER (occurred_at >= '2026-08-01 04:00') - sum(amount) FILTER (occurred_at < '2026-08-01 04:00')
    AS change
FROM events WHERE occurred_at >= '2026-05-01 04:00' AND occurred_at < '2026-11-01 04:00'
GROUP BY ALL ORDER BY 1 LIMIT 50
""",
        postgresql="""
SELECT feature, sum(amount) FILTER (WHERE occurred_at >= '2026-08-01 04:00+00')::numeric(38, 2) AS sum__amount,
    (sum(amount) FILTER (WHERE occurred_at >= '2026-08-01 04:00+00')
    - sum(amount) FILTER (WHERE occurred_at < '2026-08-01 04:00+00'))::numeric(38, 2) AS change
FROM events WHERE occurred_at >= '2026-05-01 04:00+00' AND occurred_at < '2026-11-01 04:00+00'
GROUP BY feature ORDER BY feature COLLATE "C" LIMIT 50
""",
    ),
)
#: Nothing to read: what is left is what a preview costs by itself.
EMPTY = Case(
    name="a year without rows",
    definition={
        **CASES[0].definition,
        "period": {"field": "occurred_at", "window": {"kind": "next", "n": 12, "unit": "month"}},
    },
    duckdb=CASES[0].duckdb.replace("2026-11-01", "2027-12-01").replace("2025-11-01", "2026-12-01"),
    postgresql=CASES[0].postgresql.replace("2026-11-01", "2027-12-01").replace("2025-11-01", "2026-12-01"),
)
