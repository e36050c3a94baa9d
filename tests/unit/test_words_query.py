from dataclasses import replace
from typing import Any

import pytest

from core.domain.filter import DateWindow, WindowKind
from core.query.windows import resolve_window
from core.query.words import describe, filters_in_words, period_in_words
from tests.definition_parts import NOW, condition, definition, matching, orders_dataset

COUNT = {"aggregation": "count"}
REVENUE = {"aggregation": "sum", "field": "amount", "label": "Revenue"}


def last(n: int = 7, unit: str = "day", field: str = "at", **rest: Any) -> dict[str, Any]:
    return {"field": field, "window": {"kind": "last", "n": n, "unit": unit, **rest}}


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"columns": ["country"]}, "Orders with Country; at most 1,000 rows"),
        (
            {"columns": ["at", "country", "items"], "limit": 1},
            "Orders with Ordered at, Country and Items; at most 1 row",
        ),
        (
            {"columns": ["at", "shipped_on", "country", "is_paid", "items", "amount", "weight"], "limit": None},
            "Orders with Ordered at, Shipped on, Country, Paid, Items and 2 more columns",
        ),
        (
            {
                "groupings": [{"field": "at", "grain": "day"}, {"field": "country"}],
                "measures": [COUNT, {"aggregation": "count_distinct", "field": "order_id", "label": "Active users"}],
                "period": last(),
                "filters": matching(condition("is_paid", "is", False)),
                "sort": [{"key": "at__day", "descending": True}],
            },
            (
                "Orders and Active users by day and Country, last 7 days, where Paid is false, newest first; "
                "at most 1,000 rows"
            ),
        ),
        ({"measures": [COUNT, REVENUE], "limit": None}, "Orders and Revenue in total"),
        ({"groupings": [{"field": "country"}], "limit": None}, "Every Country among the orders"),
        (
            {
                "groupings": [{"field": "at", "grain": "month"}, {"field": "shipped_on", "grain": "week"}],
                "measures": [{"aggregation": "average", "field": "items"}, {"aggregation": "min", "field": "at"}],
                "period": last(1, "month", "shipped_on"),
                "sort": [
                    {"key": "average__items", "descending": True},
                    {"key": "at__month"},
                    {"key": "shipped_on__week", "descending": True},
                ],
                "limit": None,
            },
            (
                "Average items and First ordered at by month of Ordered at and week of Shipped on, "
                "Shipped on last month, highest Average items first, then oldest Ordered at (month) first, "
                "then newest Shipped on (week) first"
            ),
        ),
        (
            {
                "columns": ["country"],
                "sort": [{"key": "country", "descending": True}],
                "filters": matching(
                    condition("items", "between", 1000, 2000),
                    matching(condition("country", "is", "DE", "FR"), condition("country", "is_empty"), match="any"),
                    matching(condition('note "x"', "contains", "a"), condition("amount", "less", 0.5), match="none"),
                ),
                "limit": None,
            },
            (
                'Orders with Country, where Items is between 1,000 and 2,000 and (Country is "DE" or "FR" or '
                'Country is empty) and not (Note contains "a" or Amount is less than 0.5), Country Z to A'
            ),
        ),
        (
            {
                "columns": ["at"],
                "filters": matching(
                    condition("at", "at_least", "2026-11-01"),
                    condition("at", "less", "2026-11-05T10:00+00:00"),
                    condition("shipped_on", "in_window", window={"kind": "last", "n": 3, "unit": "week"}),
                    condition("order_id", "is", 12345),
                ),
                "timezone": "America/New_York",
                "limit": None,
            },
            (
                "Orders with Ordered at, where Ordered at is on or after 1 Nov 2026 and Ordered at is before "
                "5 Nov 2026, 05:00 and Shipped on is within the last 3 complete weeks and Order ID is 12345"
            ),
        ),
        (
            {"columns": ["country"], "filters": matching(condition("country", "is", *"ABCDEFGH")), "limit": None},
            'Orders with Country, where Country is "A", "B", "C", "D" or one of 4 more',
        ),
    ],
)
def test_a_definition_is_one_plain_sentence(parts: dict[str, Any], sentence: str) -> None:
    assert describe(definition(**parts), orders_dataset(), NOW) == sentence


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({"kind": "last"}, "yesterday"),
        ({"kind": "last", "include_current": True}, "today"),
        ({"kind": "last", "n": 7, "include_current": True}, "last 7 days including today"),
        ({"kind": "last", "unit": "week"}, "last week"),
        ({"kind": "last", "n": 3, "unit": "month", "include_current": True}, "last 3 months including this month"),
        ({"kind": "this"}, "today"),
        ({"kind": "this", "unit": "quarter"}, "this quarter"),
        ({"kind": "to_date", "unit": "year"}, "this year to date"),
        ({"kind": "to_date"}, "today"),
        ({"kind": "next"}, "tomorrow"),
        ({"kind": "next", "unit": "week"}, "next week"),
        ({"kind": "next", "n": 2, "unit": "week"}, "next 2 weeks"),
        ({"kind": "between", "first_on": "2026-11-01", "last_on": "2026-11-15"}, "1 to 15 Nov 2026"),
        ({"kind": "between", "first_on": "2026-11-01", "last_on": "2026-11-01"}, "1 Nov 2026"),
    ],
)
def test_every_window_has_words(window: dict[str, Any], words: str) -> None:
    asked = definition(columns=["country"], period={"field": "at", "window": window}, limit=None)
    assert describe(asked, orders_dataset(), NOW) == f"Orders with Country, {words}"


def test_filters_say_the_days_that_relative_dates_stand_for() -> None:
    asked = definition(
        columns=["country"],
        period=last(),
        filters=matching(
            condition("shipped_on", "in_window", window={"kind": "this", "unit": "month"}),
            condition("country", "is_not", "DE"),
            matching(),
            matching(
                condition("at", "in_window", window={"kind": "last", "n": 2}),
                condition("items", "is_empty"),
                match="any",
            ),
        ),
        timezone="America/New_York",
    )
    assert filters_in_words(asked, orders_dataset(), NOW) == (
        "Ordered at: last 7 days (16 to 22 Nov 2026)",
        "Shipped on: this month (1 to 30 Nov 2026)",
        'Country is not "DE"',
        "Ordered at is within the last 2 days (21 to 22 Nov 2026) or Items is empty",
    )


def test_filters_that_are_alternatives_stay_in_one_line() -> None:
    asked = definition(
        columns=["country"],
        filters=matching(condition("items", "is", 1), condition("items", "is", 2), match="any"),
    )
    assert filters_in_words(asked, orders_dataset(), NOW) == ("Items is 1 or Items is 2",)


def test_a_long_text_is_shortened() -> None:
    asked = definition(columns=["country"], filters=matching(condition("country", "is", "x" * 100)))
    assert filters_in_words(asked, orders_dataset(), NOW) == (f'Country is "{"x" * 60}…"',)


def test_a_period_names_its_days_and_its_timezone() -> None:
    window = DateWindow(kind=WindowKind.LAST, n=7)
    assert period_in_words(resolve_window(window, NOW, "America/New_York")) == "16 to 22 Nov 2026 (New York)"
    assert period_in_words(resolve_window(replace(window, n=1), NOW, "UTC")) == "22 Nov 2026 (UTC)"
