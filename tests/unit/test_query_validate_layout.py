from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.appearance import Chart, ChartKind, ColumnOption, FormatRule, RuleKind
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Comparison,
    Grouping,
    Measure,
    Period,
    Pivot,
    ReportDefinition,
    Sort,
    Top,
    Totals,
)
from core.domain.filter import Calendar, DateUnit, DateWindow, Grain, Operator, WindowKind
from core.query.validate import validate_definition
from tests.definition_parts import (
    COUNT,
    LAST_MONTH,
    REGION,
    SINCE,
    asking,
    computed,
    condition_on,
    refused,
    rows,
    shop_dataset,
    where,
)

K = CalculationKind


def between(first: date, last: date) -> DateWindow:
    return DateWindow(kind=WindowKind.BETWEEN, first_on=first, last_on=last)


@pytest.mark.parametrize(
    "definition",
    [
        asking(),
        rows(calculations=computed(expression="amount / items")),
        asking(
            calculations=(
                Calculation(name="a", kind=K.RUNNING_TOTAL, of="sum__amount", within=("country",)),
                Calculation(name="b", kind=K.SHARE, of="count"),
                Calculation(name="c", kind=K.RANK, of="count", within=("at__month",)),
                Calculation(name="d", kind=K.CHANGE_PERCENT, of="count", against=Comparison.PREVIOUS_YEAR),
                Calculation(name="e", kind=K.EXPRESSION, expression="if([sum__amount] > 10, b, null)"),
            ),
            period=LAST_MONTH,
            result_filters=where(condition_on("e", Operator.GREATER, 0.5), condition_on("count", Operator.AT_LEAST, 1)),
            sort=(Sort(key="e", descending=True),),
        ),
        asking(measures=(Measure(dataset_measure="basket"), Measure(dataset_measure="takings")), kpis=(COUNT,)),
        asking(measures=(Measure(expression="[revenue] / count_distinct(region)", name="x"),)),
        asking(measures=(Measure(aggregation=Aggregation.PERCENTILE, field="amount", percent=99.9),)),
        asking(top=Top(n=5, by="sum__amount", with_others=True), totals=Totals(grand=True, subtotals=1)),
        asking(pivot=Pivot(groupings=("country",)), sort=(Sort(key="at__month"),)),
        asking(pivot=Pivot(groupings=("country", "at__month"), with_totals=True)),
        asking(
            period=Period(field="at", window=DateWindow(kind=WindowKind.THIS), parameter="since"),
            filters=where(
                condition_on("region", Operator.IS, parameter="region"),
                condition_on("country", Operator.CONTAINS, parameter="region", ignore_case=False),
                condition_on("shipped_on", Operator.NOT_IN_WINDOW, parameter="since"),
            ),
            parameters=(REGION, SINCE),
        ),
        asking(groupings=(Grouping(field="at", grain=Grain.HOUR_OF_DAY), Grouping(field="at", grain=Grain.ISO_WEEK))),
        rows(
            rules=(
                FormatRule(key="amount", operator=Operator.NOT_BETWEEN, values=(1, 2), whole_row=True),
                FormatRule(key="items", kind=RuleKind.SCALE),
            ),
            options=(ColumnOption(key="amount", label="Worth", width=12), ColumnOption(key="items", is_hidden=True)),
        ),
    ],
)
def test_what_can_be_asked_is_let_through(definition: ReportDefinition) -> None:
    validate_definition(definition, shop_dataset())


@pytest.mark.parametrize(
    ("parts", "place", "words"),
    [
        ({"calendar": Calendar(week_start=8)}, "calendar.week_start", "1 (Monday) to 7"),
        ({"calendar": Calendar(fiscal_year_start=0)}, "calendar.fiscal_year_start", "1 (January) to 12"),
        ({"measures": (COUNT, COUNT)}, "measures[1]", "'count' is there more than once"),
        (
            {"calculations": (Calculation(name="count", kind=K.RANK, of="count"),)},
            "calculations[0].name",
            "another name",
        ),
        ({"groupings": (Grouping(field="shipped_on", grain=Grain.HOUR_OF_DAY),)}, "groupings[0].grain", "no hours"),
        ({"top": Top(n=0, by="count")}, "top.n", "at least the first"),
        ({"top": Top(n=1, by="sum__amoun")}, "top.by", "Did you mean 'sum__amount'?"),
        ({"top": Top(n=1, by="count", grouping="items")}, "top.grouping", "no grouping 'items'"),
        (
            {"top": Top(n=1, by="count", grouping="at__month", with_others=True)},
            "top.with_others",
            "Only text has room",
        ),
        ({"top": Top(n=1, by="count"), "groupings": ()}, "top", "needs a grouping"),
        ({"pivot": Pivot(groupings=())}, "pivot.groupings", "Say which grouping"),
        ({"pivot": Pivot(groupings=("nope",))}, "pivot.groupings[0]", "no grouping 'nope'"),
        ({"pivot": Pivot(groupings=("country", "country"))}, "pivot.groupings[1]", "more than once"),
        ({"pivot": Pivot(groupings=("country",)), "measures": ()}, "pivot", "a measure to show"),
        ({"pivot": Pivot(groupings=("country",)), "sort": (Sort(key="country"),)}, "sort[0].key", "becomes columns"),
        (
            {"pivot": Pivot(groupings=("country",)), "sort": (Sort(key="count"),)},
            "sort[0].key",
            "a grouping that stays",
        ),
        ({"totals": Totals(subtotals=2)}, "totals.subtotals", "at most 1 can have them"),
        ({"totals": Totals(subtotals=-1)}, "totals.subtotals", "not negative"),
        ({"totals": Totals(subtotals=1), "pivot": Pivot(groupings=("country",))}, "totals.subtotals", "none can have"),
        ({"totals": Totals(grand=True), "measures": ()}, "totals", "Totals are of measures"),
        ({"options": (ColumnOption(key="nope"),)}, "options[0].key", "no column 'nope'"),
        ({"options": (ColumnOption(key="count"), ColumnOption(key="count"))}, "options[1].key", "put them together"),
        ({"options": (ColumnOption(key="count", width=0),)}, "options[0].width", "1 to 500"),
        (
            {
                "options": tuple(
                    ColumnOption(key=k, is_hidden=True) for k in ("country", "at__month", "count", "sum__amount")
                )
            },
            "options",
            "show at least one",
        ),
        ({"rules": (FormatRule(key="nope"),)}, "rules[0].key", "no column 'nope'"),
        ({"rules": (FormatRule(key="count"),)}, "rules[0].operator", "Say when"),
        (
            {"rules": (FormatRule(key="count", operator=Operator.CONTAINS, values=("a",)),)},
            "rules[0].operator",
            "on text",
        ),
        (
            {"rules": (FormatRule(key="count", operator=Operator.IS, values=("a",)),)},
            "rules[0].values[0]",
            "whole number",
        ),
        ({"rules": (FormatRule(key="at__month", operator=Operator.IN_WINDOW),)}, "rules[0].operator", "marks no cells"),
        ({"rules": (FormatRule(key="country", kind=RuleKind.BAR),)}, "rules[0].key", "Only numbers take a bar"),
        (
            {"rules": (FormatRule(key="count", kind=RuleKind.SCALE, whole_row=True),)},
            "rules[0].whole_row",
            "only a mark",
        ),
        ({"chart": Chart(kind=ChartKind.BAR, x="country", y=("at__month",))}, "chart.y[0]", "draws numbers"),
        ({"chart": Chart(kind=ChartKind.BAR, x="country", y=())}, "chart.y", "at least one"),
        (
            {"chart": Chart(kind=ChartKind.BAR, x="country", y=("count",), color="nope")},
            "chart.color",
            "'nope' to colour by",
        ),
        (
            {"chart": Chart(kind=ChartKind.BAR, x="country", y=("count",)), "pivot": Pivot(groupings=("country",))},
            "chart.x",
            "becomes columns",
        ),
        (
            {"result_filters": where(condition_on("country", Operator.IS, "DE"))},
            "result_filters.items[0].field",
            "Country is no measure",
        ),
        (
            {"result_filters": where(condition_on("nope", Operator.IS, 1))},
            "result_filters.items[0].field",
            "no measure or computed column 'nope'",
        ),
        (
            {"result_filters": where(condition_on("count", Operator.IS, 1.5))},
            "result_filters.items[0].values[0]",
            "whole numbers",
        ),
        ({"limit": 0}, "limit", "at least 1"),
        (
            {"period": Period(field="at", window=DateWindow(kind=WindowKind.LAST, n=0))},
            "period.window.n",
            "at least one unit",
        ),
    ],
)
def test_what_a_summary_cannot_be_is_refused(parts: dict[str, Any], place: str, words: str) -> None:
    error = refused(asking(**parts))
    assert error.place == place
    assert words in error.user_message


@pytest.mark.parametrize(
    ("window", "place"),
    [
        (DateWindow(kind=WindowKind.LAST, n=501, unit=DateUnit.YEAR), "period.window.n"),
        (DateWindow(kind=WindowKind.TO_DATE, offset=-501), "period.window.n"),
        (between(date(1, 1, 1), date(2, 1, 1)), "period.window"),
        (between(date(100, 1, 1), date(9000, 1, 1)), "period.window"),
        (replace(between(date(2026, 1, 1), date(2026, 1, 2)), offset=1), "period.window.offset"),
    ],
)
def test_a_period_lies_in_the_calendar_and_what_it_is_compared_with_too(window: DateWindow, place: str) -> None:
    change = Calculation(name="a", kind=CalculationKind.CHANGE, of="count")
    assert refused(asking(period=Period(field="at", window=window), calculations=(change,))).place == place


def test_a_long_fixed_period_is_fine_where_nothing_is_compared() -> None:
    period = Period(field="at", window=between(date(100, 1, 1), date(9000, 1, 1)))
    validate_definition(asking(period=period), shop_dataset())
    assert refused(asking(period=period, kpis=(COUNT,))).place == "period.window"
