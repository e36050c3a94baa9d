"""The builder's edits: each gives a definition that still hangs together, which the validator confirms."""

from dataclasses import replace

import pytest

from core.domain.appearance import Chart, ChartKind, ColumnOption
from core.domain.definition import (
    Aggregation,
    CalculationKind,
    Grouping,
    Measure,
    ParameterType,
    Pivot,
    Top,
    Totals,
)
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Grain, Operator, WindowKind
from core.domain.parameters import bind_parameters
from core.query.validate import validate_definition
from pages.widgets import edits, mend, parameter_edits, result_edits
from tests.screens.fake_data import SUMMARY, USAGE

BY_COUNTRY = replace(SUMMARY, groupings=(*SUMMARY.groupings, Grouping(field="country"), Grouping(field="plan")))
WEEKS = DateWindow(kind=WindowKind.LAST, n=2, unit=DateUnit.WEEK)


def sound(definition):
    validate_definition(edits.complete(definition), USAGE)
    return definition


@pytest.mark.parametrize("kind", list(CalculationKind))
def test_every_calculation_can_be_added_and_follows_its_measure(kind):
    made = sound(result_edits.add_calculation(SUMMARY, kind))
    averaged = result_edits.with_aggregation(SUMMARY.measures[1], Aggregation.AVERAGE)
    if kind is not CalculationKind.EXPRESSION:
        changed = sound(edits.set_measure(made, 1, averaged))
        assert changed.calculations[0].of == "average__revenue"
        assert sound(edits.set_measure(made, 1, None)).calculations == ()
    assert sound(result_edits.set_calculation(made, 0, None)) == SUMMARY


def test_a_second_calculation_has_a_name_of_its_own():
    twice = result_edits.add_calculation(
        result_edits.add_calculation(SUMMARY, CalculationKind.SHARE), CalculationKind.SHARE
    )
    assert len({c.name for c in sound(twice).calculations}) == 2


def test_a_report_of_rows_can_compute_a_column():
    rows = edits.to_rows(SUMMARY, USAGE)
    assert sound(result_edits.add_calculation(rows, CalculationKind.EXPRESSION)).calculations


def test_a_percentile_starts_as_the_90th_and_loses_its_percent_again():
    measure = result_edits.with_aggregation(SUMMARY.measures[1], Aggregation.PERCENTILE)
    assert measure.percent == 90
    sound(edits.set_measure(SUMMARY, 1, measure))
    assert result_edits.with_aggregation(measure, Aggregation.SUM) == SUMMARY.measures[1]


def test_a_measure_with_filters_gets_a_name_and_everything_follows():
    only = FilterGroup(items=(Condition(field="country", operator=Operator.IS, values=("Kenya",)),))
    start = replace(
        SUMMARY,
        top=Top(n=3, by="sum__revenue"),
        chart=Chart(kind=ChartKind.BAR, x="started_at__month", y=("sum__revenue",)),
    )
    made = sound(result_edits.set_measure_filters(start, 1, only, "Revenue"))
    measure = made.measures[1]
    assert (measure.key, measure.label) == ("sum_revenue_filtered", "Revenue, filtered")
    assert (made.top.by, made.chart.y) == (measure.key, (measure.key,))
    assert sound(result_edits.set_measure_filters(made, 1, FilterGroup(), "Revenue")) == start


def test_a_plain_measure_beside_its_filtered_twin_keeps_apart():
    only = FilterGroup(items=(Condition(field="country", operator=Operator.IS, values=("Kenya",)),))
    both = edits.add_measure(
        result_edits.set_measure_filters(SUMMARY, 1, only, "Revenue"),
        Measure(aggregation=Aggregation.SUM, field="revenue"),
    )
    cleared = sound(result_edits.set_measure_filters(both, 1, FilterGroup(), "Revenue"))
    assert len({measure.key for measure in cleared.measures}) == 3


def test_expressions_and_catalog_measures_are_measures():
    written = sound(edits.add_measure(SUMMARY, result_edits.new_expression(SUMMARY)))
    assert written.measures[-1].expression == "count()"
    taken = sound(edits.toggle_measure(SUMMARY, "per_session"))
    assert taken.measures[-1].key == "measure__per_session"
    assert edits.toggle_measure(taken, "per_session") == SUMMARY
    assert sound(edits.toggle_measure(edits.to_rows(SUMMARY, USAGE), "per_session")).is_summary


def test_top_pivot_and_totals_follow_their_columns():
    full = replace(
        result_edits.set_top(BY_COUNTRY, grouping="country", with_others=True),
        totals=Totals(grand=True, subtotals=2),
    )
    spread = sound(result_edits.set_pivot(full, ("plan",), with_totals=True))
    assert spread.totals.subtotals == 1, "one grouping less stays in the rows"
    assert spread.sort == full.sort
    assert sound(edits.set_grouping(spread, 2, None)).pivot is None
    without = sound(edits.set_grouping(spread, 1, None))
    assert (without.top.grouping, without.totals.subtotals) == (None, 0)
    grain = sound(edits.set_grouping(spread, 0, replace(spread.groupings[0], grain=Grain.WEEK)))
    assert grain.sort[0].key == "started_at__week"
    assert sound(result_edits.set_pivot(spread, (), with_totals=False)).pivot is None


def test_a_pivot_drops_what_it_cannot_be_sorted_or_drawn_by():
    sorted_ = edits.set_sort(BY_COUNTRY, 1, replace(BY_COUNTRY.sort[0], key="count", descending=True))
    drawn = replace(sorted_, chart=Chart(kind=ChartKind.BAR, x="country", y=("count",), color="plan"))
    spread = sound(result_edits.set_pivot(drawn, ("country",), with_totals=False))
    assert [sort.key for sort in spread.sort] == ["started_at__month"]
    assert spread.chart.x == "started_at__month"


def test_without_measures_nothing_that_needs_one_stays():
    full = replace(
        result_edits.add_calculation(BY_COUNTRY, CalculationKind.RANK),
        top=Top(n=3, by="count"),
        pivot=Pivot(groupings=("plan",)),
        totals=Totals(grand=True),
        result_filters=FilterGroup(items=(Condition(field="count", operator=Operator.AT_LEAST, values=(3,)),)),
    )
    bare = sound(edits.set_measure(edits.set_measure(full, 1, None), 0, None))
    assert (bare.top, bare.pivot, bare.totals, bare.calculations) == (None, None, Totals(), ())
    assert bare.result_filters.items == ()
    rows = sound(edits.to_rows(full, USAGE))
    assert not rows.is_summary


def test_options_that_say_nothing_go_and_follow_their_column():
    named = sound(result_edits.set_option(SUMMARY, "sum__revenue", label="Turnover", is_hidden=True))
    shown = result_edits.set_option(named, "sum__revenue", is_hidden=False)
    assert shown.options == (ColumnOption(key="sum__revenue", label="Turnover"),)
    assert result_edits.set_option(shown, "sum__revenue", label=None) == SUMMARY
    averaged = edits.set_measure(named, 1, Measure(aggregation=Aggregation.AVERAGE, field="revenue"))
    assert sound(averaged).options[0].key == "average__revenue"


@pytest.mark.parametrize(
    "item",
    [
        Condition(field="country", operator=Operator.IS, values=("Kenya", "Japan")),
        Condition(field="country", operator=Operator.CONTAINS, values=("a",)),
        Condition(field="pages", operator=Operator.AT_LEAST, values=(3,)),
        Condition(field="pages", operator=Operator.NOT_BETWEEN, values=(3, 5)),
        Condition(field="pages", operator=Operator.BETWEEN),
        Condition(field="started_at", operator=Operator.NOT_IN_WINDOW, window=WEEKS),
        Condition(field="is_trial", operator=Operator.IS, values=(True,)),
    ],
    ids=lambda item: f"{item.field} {item.operator}",
)
def test_a_filter_asks_with_its_value_as_the_default_and_stops_again(item):
    start = edits.set_item(SUMMARY, 0, item)
    parameter, asking = parameter_edits.asking(start, item, USAGE.field(item.field), is_dataset_field=True)
    asked = sound(edits.set_item(parameter_edits.add_parameter(start, parameter), 0, asking))
    assert len(asked.parameters) == 1
    if item.values or item.window:
        assert bind_parameters(asked, {}) == start
    assert edits.set_item(asked, 0, parameter_edits.fixed(asked, asking)) == start


def test_a_filter_of_a_figure_asks_too():
    item = Condition(field="count", operator=Operator.AT_LEAST, values=(10,))
    field = replace(USAGE.field("pages"), name="count", label="Sessions")
    parameter, asking = parameter_edits.asking(SUMMARY, item, field, is_dataset_field=False)
    asked = parameter_edits.add_parameter(SUMMARY, parameter)
    sound(replace(asked, result_filters=FilterGroup(items=(asking,))))


def test_the_period_asks_and_stops():
    asked = sound(parameter_edits.ask_for_period(SUMMARY, asks=True))
    assert asked.parameters[0].type is ParameterType.WINDOW
    assert parameter_edits.ask_for_period(asked, asks=False) == SUMMARY
    assert mend.mended(replace(asked, period=None, calculations=())).parameters == ()


def test_unfinished_filters_are_not_asked_wherever_they_stand():
    empty = Condition(field="country", operator=Operator.IS)
    start = replace(
        SUMMARY,
        filters=FilterGroup(items=(FilterGroup(items=(empty,)), empty)),
        result_filters=FilterGroup(items=(Condition(field="count", operator=Operator.BETWEEN, values=(1,)),)),
    )
    unfinished = result_edits.set_measure_filters(start, 1, FilterGroup(items=(empty,)), "Revenue")
    asked = edits.complete(sound(unfinished))
    assert (asked.filters.items, asked.result_filters.items, asked.measures[1].filters.items) == ((), (), ())
