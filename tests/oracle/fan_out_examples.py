"""Definitions about joins that multiply rows, and about distinct values: one for each way in which they are read."""

from typing import Any

from tests.query_parts import condition, matching

COUNT = {"aggregation": "count"}
THIS_YEAR = {"kind": "this", "unit": "year"}

FAN_OUT_EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "figures of one owner beside counts of what multiplies it": (
        "star",
        {
            "groupings": [{"field": "product"}],
            "measures": [
                COUNT,
                *({"aggregation": each, "field": "quantity"} for each in ("sum", "average", "min", "max")),
                *({"aggregation": each, "field": "credit"} for each in ("sum", "average", "median", "max")),
                {"aggregation": "percentile", "field": "credit", "percent": 90},
                {"aggregation": "count_distinct", "field": "credit"},
                {"aggregation": "count_distinct", "field": "is_rich"},
                {"aggregation": "count_distinct", "field": "name"},
            ],
            "totals": {"grand": True},
        },
    ),
    "an owner grouped by what it says itself": (
        "star",
        {
            "groupings": [{"field": "region"}, {"field": "is_rich"}],
            "measures": [
                COUNT,
                {"aggregation": "sum", "field": "credit"},
                {"aggregation": "average", "field": "price"},
            ],
            "totals": {"grand": True, "subtotals": 1},
        },
    ),
    "owners of two joins, and a median and distinct values of a third": (
        "star",
        {
            "groupings": [{"field": "ordered_at", "grain": "quarter"}],
            "measures": [
                *({"aggregation": "sum", "field": each} for each in ("credit", "list_price", "shipping", "grams")),
                {"aggregation": "median", "field": "quantity"},
                *({"aggregation": "count_distinct", "field": each} for each in ("name", "sku", "channel")),
            ],
            "timezone": "Australia/Lord_Howe",
        },
    ),
    "two joins that multiply each other, each counted for itself": (
        "star",
        {
            "groupings": [{"field": "channel"}],
            "measures": [
                COUNT,
                *({"aggregation": "sum", "field": each} for each in ("minutes", "hours", "quantity", "population")),
                {"aggregation": "median", "field": "hours"},
                {"dataset_measure": "per_minute"},
                {"name": "each", "expression": "sum(credit) / count_distinct(name)"},
            ],
            "sort": [{"key": "sum__minutes", "descending": True}],
        },
    ),
    "an owner's own values of what multiplies it": (
        "star",
        {
            "groupings": [{"field": "severity"}],
            "measures": [
                COUNT,
                *({"aggregation": "sum", "field": each} for each in ("credit", "shipping", "minutes")),
                {"name": "rich", "aggregation": "count", "filters": matching(condition("is_rich", "is", True))},
                {
                    "name": "low",
                    "aggregation": "sum",
                    "field": "credit",
                    "filters": matching(condition("severity", "is", "low")),
                },
            ],
        },
    ),
    "an owner that rows have none of counts at most once": (
        "star",
        {
            "groupings": [{"field": "is_gift"}],
            "measures": [
                {"name": "known", "expression": "average(coalesce(credit, 7))"},
                {"name": "twice", "expression": "sum(credit * 2 + 1)"},
                {"name": "none", "expression": "sum(if(credit is empty, 1, 100))"},
                {"aggregation": "sum", "field": "list_worth"},
            ],
        },
    ),
    "required joins, an owner and filters on its group": (
        "required",
        {
            "groupings": [{"field": "product"}, {"field": "since", "grain": "year"}],
            "measures": [
                COUNT,
                {"aggregation": "sum", "field": "credit"},
                {"aggregation": "sum", "field": "population"},
            ],
            "filters": matching(condition("quantity", "at_least", 1)),
            "result_filters": matching(condition("sum__credit", "greater", 1)),
            "totals": {"grand": True, "subtotals": 1},
        },
    ),
    "an owner compared with the year before": (
        "star",
        {
            "groupings": [{"field": "ordered_at", "grain": "month"}, {"field": "is_gift"}],
            "measures": [COUNT, {"aggregation": "sum", "field": "credit"}, {"aggregation": "median", "field": "grams"}],
            "calculations": [
                {"name": "before", "kind": "previous", "of": "sum__credit", "against": "previous_year"},
                {"name": "more", "kind": "change", "of": "count"},
                {"name": "grams before", "kind": "previous", "of": "median__grams"},
                {"name": "so far", "kind": "running_total", "of": "sum__credit"},
            ],
            "period": {"field": "ordered_at", "window": THIS_YEAR},
            "totals": {"grand": True},
        },
    ),
    "an owner in a pivot of the top values and others": (
        "star",
        {
            "groupings": [{"field": "product"}, {"field": "is_gift"}],
            "measures": [COUNT, {"aggregation": "sum", "field": "credit"}],
            "top": {"n": 2, "by": "sum__credit", "with_others": True},
            "pivot": {"groupings": ["is_gift"], "with_totals": True},
            "totals": {"grand": True},
        },
    ),
    "headlines of owners": (
        "star",
        {
            "columns": ["product"],
            "kpis": [COUNT, {"aggregation": "sum", "field": "credit"}, {"aggregation": "sum", "field": "minutes"}],
            "period": {"field": "ordered_at", "window": THIS_YEAR},
        },
    ),
    "an owner of no rows": (
        "star",
        {
            "measures": [COUNT, *({"aggregation": "sum", "field": each} for each in ("credit", "quantity"))],
            "filters": matching(condition("product", "is", "nowhere")),
        },
    ),
    "distinct values beside a median and what adds up": (
        "facts",
        {
            "groupings": [{"field": "at", "grain": "year"}],
            "measures": [
                COUNT,
                *({"aggregation": "count_distinct", "field": each} for each in ("country", "each")),
                *({"aggregation": each, "field": "items"} for each in ("sum", "average", "median", "max")),
            ],
            "totals": {"grand": True},
        },
    ),
    "distinct values alone": (
        "facts",
        {
            "measures": [
                {"aggregation": "count_distinct", "field": "note"},
                {"aggregation": "average", "field": "weight"},
                {"aggregation": "sum", "field": "big"},
                {"aggregation": "min", "field": "note"},
                {"name": "paid", "aggregation": "count", "filters": matching(condition("paid", "is", True))},
            ],
            "filters": matching(condition("items", "at_most", 3)),
        },
    ),
    "distinct values of no rows": (
        "facts",
        {
            "measures": [
                COUNT,
                {"aggregation": "count_distinct", "field": "note"},
                {"aggregation": "sum", "field": "rate"},
            ],
            "filters": matching(condition("country", "is", "nowhere")),
        },
    ),
}
