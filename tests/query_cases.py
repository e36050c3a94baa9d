"""What is asked in the golden files, in the form that JSON has."""

from typing import Any

from tests.query_parts import condition, matching

LAST_WEEK = {"field": "at", "window": {"kind": "last", "n": 7, "unit": "day"}}
COUNT = {"aggregation": "count"}
KPIS = [COUNT, {"aggregation": "sum", "field": "amount"}]
ROWS: dict[str, Any] = {"columns": ["at", "country", 'note "x"']}
#: Engines that write a zone's changes into the SQL have one to write for this one.
ZONE = "Asia/Kathmandu"
GROUPS: dict[str, Any] = {
    "groupings": [{"field": "at", "grain": "week"}, {"field": "country"}],
    "measures": [COUNT, {"aggregation": "sum", "field": "items"}, {"aggregation": "median", "field": "amount"}],
    "timezone": ZONE,
}

DEFINITIONS: dict[str, dict[str, Any]] = {
    "rows": ROWS,
    "rows_sorted": {**ROWS, "sort": [{"key": "country", "descending": True}]},
    "rows_without_limit": {**ROWS, "limit": None},
    "rows_of_a_period": {**ROWS, "period": LAST_WEEK, "timezone": "America/New_York"},
    "rows_of_a_period_of_days": {
        **ROWS,
        "period": {"field": "shipped_on", "window": {"kind": "this", "unit": "month"}},
    },
    "groups": {**GROUPS, "sort": [{"key": "sum__items", "descending": True}]},
    "groups_of_a_period": {**GROUPS, "period": LAST_WEEK},
    "groups_across_a_clock_change": {
        **GROUPS,
        "timezone": "America/New_York",
        "period": {
            "field": "at",
            "window": {"kind": "between", "first_on": "2026-03-01", "last_on": "2026-11-30"},
        },
    },
    "groups_of_days_in_utc": {"groupings": [{"field": "at", "grain": "day"}], "measures": [COUNT]},
    "groups_of_dates": {"groupings": [{"field": "shipped_on", "grain": "quarter"}], "measures": [COUNT]},
    "measures_alone": {
        "measures": [
            {"aggregation": "count_distinct", "field": "country"},
            {"aggregation": "average", "field": "items"},
            {"aggregation": "min", "field": "at"},
            {"aggregation": "max", "field": "shipped_on"},
        ]
    },
    "filters_on_text": {
        **ROWS,
        "filters": matching(
            condition("country", "is", "DE"),
            condition("country", "is", "DE", "FR"),
            condition("country", "is_not", "DE", "FR"),
            condition('note "x"', "contains", "50%_\\"),
            condition('note "x"', "not_contains", "x"),
            condition('note "x"', "starts_with", "a", "b"),
            condition('note "x"', "is_empty"),
            condition('note "x"', "is_not_empty"),
        ),
    },
    "filters_on_numbers": {
        **ROWS,
        "filters": matching(
            condition("items", "is_not", 3),
            condition("amount", "between", 1.5, 2),
            condition("amount", "greater", 0),
            condition("is_paid", "is", True),
        ),
    },
    "filters_on_dates": {
        **ROWS,
        "timezone": "Africa/Cairo",
        "filters": matching(
            condition("at", "is", "2026-04-24"),
            condition("at", "is_not", "2026-04-24"),
            condition("at", "greater", "2026-04-23"),
            condition("at", "at_most", "2026-04-24T12:00"),
            condition("at", "in_window", window={"kind": "to_date", "unit": "year"}),
            condition("shipped_on", "between", "2026-01-01", "2026-01-31"),
        ),
    },
    "filters_of_every_kind": {
        **ROWS,
        "timezone": "Africa/Cairo",
        "calendar": {"week_start": 7, "fiscal_year_start": 4},
        "filters": matching(
            condition("country", "is", "de", "FR", ignore_case=True),
            condition("country", "is_not", "de", ignore_case=True),
            condition('note "x"', "contains", "a", ignore_case=False),
            condition('note "x"', "not_starts_with", "a"),
            condition('note "x"', "not_ends_with", "a"),
            condition("items", "not_between", 1, 2),
            condition("shipped_on", "not_between", "2026-01-01", "2026-01-31"),
            condition("at", "not_in_window", window={"kind": "this", "unit": "week"}),
            condition("at", "in_window", window={"kind": "to_date", "unit": "quarter"}),
        ),
    },
    "filters_nested": {
        **ROWS,
        "filters": matching(
            condition("items", "at_least", 1),
            matching(
                condition("country", "is", "DE"),
                matching(condition("country", "is", "FR"), condition("is_paid", "is_empty"), match="all"),
                match="none",
            ),
            match="any",
        ),
    },
}

SUMMARY: dict[str, Any] = {
    "groupings": [{"field": "country"}, {"field": "at", "grain": "month"}],
    "measures": [COUNT, {"aggregation": "sum", "field": "amount"}],
    "timezone": ZONE,
}
PAID = matching(condition("is_paid", "is", True))
LAST_MONTHS = {"field": "at", "window": {"kind": "last", "n": 3, "unit": "month"}}
SUMMARIES: dict[str, dict[str, Any]] = {
    "grains": {
        "groupings": [
            {"field": "at", "grain": grain}
            for grain in ("iso_week", "hour_of_day", "day_of_week", "day_of_month", "month_of_year", "quarter_of_year")
        ]
        + [{"field": "shipped_on", "grain": grain} for grain in ("week", "quarter", "year")],
        "measures": [COUNT],
        "timezone": ZONE,
        "calendar": {"week_start": 7, "fiscal_year_start": 4},
    },
    "measures_of_every_kind": {
        "measures": [
            {"aggregation": "percentile", "field": "weight", "percent": 90},
            {"aggregation": "sum", "field": "amount", "name": "Paid amount", "filters": PAID},
            {"aggregation": "count", "name": "paid", "filters": PAID},
            {"expression": "sum(amount * items) / count_distinct(country) + 1", "name": "x", "filters": PAID},
        ]
    },
    "rows_computed": {
        **ROWS,
        "calculations": [{"name": "each", "kind": "expression", "expression": "amount / items"}],
        "result_filters": matching(condition("each", "greater", 1)),
        "sort": [{"key": "each", "descending": True}],
    },
    "calculations": {
        **SUMMARY,
        "calculations": [
            {"name": "share", "kind": "share", "of": "count", "within": ["at__month"]},
            {"name": "place", "kind": "rank", "of": "sum__amount"},
            {"name": "so far", "kind": "running_total", "of": "count"},
        ],
        "sort": [{"key": "sum__amount", "descending": True}],
    },
    "calculations_of_calculations": {
        **SUMMARY,
        "calculations": [
            {"name": "share", "kind": "share", "of": "count"},
            {"name": "percent", "kind": "expression", "expression": "share * 100"},
        ],
    },
    "result_filters": {**SUMMARY, "result_filters": matching(condition("count", "greater", 1))},
    "comparison": {
        **SUMMARY,
        "period": LAST_MONTHS,
        "calculations": [
            {"name": "before", "kind": "previous", "of": "count"},
            {"name": "change", "kind": "change_percent", "of": "sum__amount", "against": "previous_year"},
        ],
    },
    "subtotals": {**SUMMARY, "totals": {"subtotals": 1}, "sort": [{"key": "count", "descending": True}]},
}
DEFINITIONS |= SUMMARIES
FAN_OUT: dict[str, Any] = {
    "groupings": [{"field": "product"}],
    "measures": [
        COUNT,
        {"aggregation": "sum", "field": "shipping", "name": "tea", "filters": matching(condition("amount", "is", 1))},
        {"aggregation": "max", "field": "credit"},
        {"dataset_measure": "basket"},
    ],
    "filters": matching(condition("country", "is", "DE")),
}
#: The customers' table is joined to what is gathered of sales, for the group key and for the sum.
FAN_OUT_JOINED_LATE: dict[str, Any] = {
    "groupings": [{"field": "country"}, {"field": "day"}],
    "measures": [COUNT, {"aggregation": "sum", "field": "credit"}, {"aggregation": "average", "field": "shipping"}],
}
#: Lines and payments multiply each other and the sales.
FAN_OUT_OF_TWO_JOINS: dict[str, Any] = {
    "groupings": [{"field": "day"}],
    "measures": [
        COUNT,
        {"aggregation": "sum", "field": "amount"},
        {"aggregation": "median", "field": "paid"},
        {"aggregation": "max", "field": "product"},
    ],
}
