from dataclasses import replace
from typing import Any

import pytest

from core.domain.appearance import ColumnOption
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Comparison,
    Grouping,
    Measure,
    Parameter,
    Period,
    Pivot,
    Sort,
    Top,
    Totals,
)
from core.domain.field import FieldType
from core.domain.filter import Calendar, Condition, DateUnit, DateWindow, Grain, Operator, WindowKind
from core.query.validate import validate_definition
from core.query.words import describe, filters_in_words
from tests.definition_parts import (
    BY_COUNTRY,
    COUNT,
    NOW,
    PAID,
    REGION,
    SINCE,
    asking,
    condition_on,
    rows,
    shop_dataset,
    where,
)

K = CalculationKind


def period(n: int, unit: str) -> Period:
    return Period(field="at", window=DateWindow(kind=WindowKind.LAST, n=n, unit=DateUnit(unit)))


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {
                "groupings": (Grouping(field="region"),),
                "measures": (Measure(dataset_measure="revenue"),),
                "period": period(3, "month"),
                "filters": PAID,
            },
            "Revenue by Region, last 3 complete months, paid orders only",
        ),
        (
            {"top": Top(n=5, by="sum__amount", with_others=True), "groupings": (BY_COUNTRY,)},
            "Orders and Amount by Country, top 5 of Country by Amount and all others together",
        ),
        (
            {"top": Top(n=1000, by="count", lowest=True), "groupings": (BY_COUNTRY,)},
            "Orders and Amount by Country, bottom 1,000 of Country by Orders",
        ),
        (
            {"pivot": Pivot(groupings=("country",)), "measures": (COUNT,)},
            "Orders by month across Country",
        ),
        (
            {"pivot": Pivot(groupings=("country", "at__month"), with_totals=True), "measures": (COUNT,)},
            "Orders across Country and month and in total",
        ),
        (
            {"totals": Totals(grand=True, subtotals=1), "sort": (Sort(key="sum__amount", descending=True),)},
            "Orders and Amount by Country and month, with a grand total and subtotals by Country, highest Amount first",
        ),
        (
            {
                "measures": (COUNT,),
                "groupings": (BY_COUNTRY,),
                "period": period(1, "month"),
                "calculations": (
                    Calculation(name="a", kind=K.SHARE, of="count"),
                    Calculation(name="b", kind=K.CHANGE_PERCENT, of="count"),
                    Calculation(name="c", kind=K.PREVIOUS, of="count", against=Comparison.PREVIOUS_YEAR),
                    Calculation(name="d", kind=K.RANK, of="count", within=("country",)),
                    Calculation(name="margin", kind=K.EXPRESSION, expression="count / 2"),
                ),
            },
            (
                "Orders by Country, with the share of total Orders, the change of Orders in percent against the "
                "previous period, Orders in the year before, the rank by Orders within Country and Margin, last month"
            ),
        ),
        (
            {
                "groupings": (),
                "measures": (Measure(aggregation=Aggregation.COUNT, name="paid", label="Paid orders", filters=PAID),),
                "result_filters": where(condition_on("paid", Operator.AT_LEAST, 1000)),
            },
            "Paid orders (only where Paid is true) in total, only rows where Paid orders is at least 1,000",
        ),
        (
            {
                "groupings": (BY_COUNTRY,),
                "measures": (COUNT,),
                "filters": where(condition_on("region", Operator.IS, parameter="region")),
                "period": Period(field="at", window=DateWindow(kind=WindowKind.THIS), parameter="since"),
                "parameters": (REGION, replace(SINCE, is_required=True)),
            },
            "Orders by Country, today, where Region is [Region]; asks for Region (optional) and Since",
        ),
        (
            {
                "groupings": (
                    Grouping(field="at", grain=Grain.ISO_WEEK),
                    Grouping(field="at", grain=Grain.HOUR_OF_DAY),
                    Grouping(field="at", grain=Grain.YEAR, label="Season"),
                ),
                "measures": (COUNT,),
                "sort": (Sort(key="at__iso_week"), Sort(key="at__hour_of_day")),
                "calendar": Calendar(fiscal_year_start=7),
            },
            (
                "Orders by ISO week, hour of day and Season, oldest Ordered at (ISO week) first, "
                "then lowest Ordered at (hour of day) first; fiscal years begin in July"
            ),
        ),
        (
            {
                "groupings": (Grouping(field="at", grain=Grain.WEEK), Grouping(field="at", grain=Grain.QUARTER)),
                "measures": (COUNT,),
                "calendar": Calendar(week_start=7, fiscal_year_start=4),
                "period": Period(field="at", window=DateWindow(kind=WindowKind.TO_DATE, unit=DateUnit.YEAR)),
            },
            (
                "Orders by week and fiscal quarter, this fiscal year to date; weeks begin on Sunday; "
                "fiscal years begin in April"
            ),
        ),
        (
            {
                "groupings": (Grouping(field="shipped_on", grain=Grain.MONTH),),
                "measures": (COUNT,),
                "calendar": Calendar(week_start=7),
                "filters": where(
                    condition_on("at", Operator.IN_WINDOW, window=DateWindow(kind=WindowKind.THIS, unit=DateUnit.WEEK))
                ),
            },
            "Orders by month of Shipped on, where Ordered at is within this week; weeks begin on Sunday",
        ),
        (
            {
                "measures": (COUNT,),
                "groupings": (BY_COUNTRY,),
                "options": (ColumnOption(key="count", label="Sold"), ColumnOption(key="country", label="Land")),
            },
            "Sold by Land",
        ),
    ],
)
def test_all_that_a_summary_can_ask_is_in_its_sentence(parts: dict[str, Any], sentence: str) -> None:
    asked = asking(**{"limit": None, **parts})
    validate_definition(asked, shop_dataset())
    assert describe(asked, shop_dataset(), NOW) == sentence


def test_hidden_columns_are_not_said_to_be_shown() -> None:
    asked = rows(
        limit=None,
        calculations=(Calculation(name="worth_each", kind=K.EXPRESSION, expression="amount / items"),),
        options=(ColumnOption(key="items", is_hidden=True),),
    )
    assert describe(asked, shop_dataset(), NOW) == "Orders with Country, Amount and Worth each"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (condition_on("country", Operator.NOT_STARTS_WITH, "D"), 'Country does not start with "D"'),
        (condition_on("country", Operator.NOT_ENDS_WITH, "D"), 'Country does not end with "D"'),
        (condition_on("items", Operator.NOT_BETWEEN, 1, 2), "Items is not between 1 and 2"),
        (condition_on("country", Operator.IS, "de", ignore_case=True), 'Country is "de" (in any case)'),
        (condition_on("country", Operator.IS, "de", ignore_case=False), 'Country is "de"'),
        (
            condition_on("country", Operator.CONTAINS, "De", ignore_case=False),
            'Country contains "De" (case as written)',
        ),
        (condition_on("country", Operator.IS_NOT, parameter="p"), "Country is not [Which]"),
        (condition_on("at", Operator.IN_WINDOW, parameter="p"), "Ordered at is within [Which]"),
        (
            condition_on("at", Operator.NOT_IN_WINDOW, window=DateWindow(kind=WindowKind.LAST, n=7)),
            "Ordered at is not within the last 7 days (16 to 22 Nov 2026)",
        ),
        (
            condition_on("at", Operator.IN_WINDOW, window=DateWindow(kind=WindowKind.LAST, n=7, offset=-1)),
            "Ordered at: last 7 days as of a year earlier (16 to 22 Nov 2025)",
        ),
        (
            condition_on(
                "shipped_on",
                Operator.IN_WINDOW,
                window=DateWindow(
                    kind=WindowKind.NEXT,
                    n=2,
                    unit=DateUnit.WEEK,
                    include_current=True,
                    offset=3,
                    offset_unit=DateUnit.DAY,
                ),
            ),
            "Shipped on: next 2 weeks including this week as of 3 days later (22 Nov to 5 Dec 2026)",
        ),
        (
            condition_on("shipped_on", Operator.IN_WINDOW, window=DateWindow(kind=WindowKind.THIS, unit=DateUnit.YEAR)),
            "Shipped on: this fiscal year (1 Apr 2026 to 31 Mar 2027)",
        ),
    ],
)
def test_every_operator_and_window_is_said_with_its_days(item: Condition, words: str) -> None:
    asked = asking(
        filters=where(item),
        calendar=Calendar(week_start=7, fiscal_year_start=4),
        parameters=(Parameter(name="p", label="Which", value_type=FieldType.TEXT),),
    )
    assert filters_in_words(asked, shop_dataset(), NOW) == (words,)


def test_all_that_leaves_rows_out_is_among_the_filters() -> None:
    asked = asking(
        groupings=(BY_COUNTRY,),
        measures=(COUNT, Measure(aggregation=Aggregation.COUNT, name="paid", filters=PAID)),
        period=period(1, "month"),
        calculations=(
            Calculation(name="a", kind=K.CHANGE, of="count"),
            Calculation(name="b", kind=K.PREVIOUS, of="count", against=Comparison.PREVIOUS_YEAR),
        ),
        result_filters=where(condition_on("a", Operator.GREATER, 0)),
        top=Top(n=3, by="count"),
    )
    assert filters_in_words(asked, shop_dataset(), NOW) == (
        "Ordered at: last month (1 to 31 Oct 2026)",
        "Compared with the previous period (1 to 30 Sep 2026)",
        "Compared with the year before (1 to 31 Oct 2025)",
        "Paid: only where Paid is true",
        "Only groups where Orders (change) is greater than 0",
        "Top 3 of Country by Orders",
    )
