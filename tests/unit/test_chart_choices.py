"""Which chart suits which shape, and why a kind does not fit: a date a line, few names bars, one number a number."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from core.domain.appearance import Chart, ChartKind
from core.domain.definition import Aggregation, Grouping, Measure, Pivot, ReportDefinition
from core.domain.filter import Grain
from core.query.columns import known_columns
from core.query.validate import validate_definition
from core.services.chart_choices import chart_of, misfits, suited_chart
from tests.definition_strategies import definitions
from tests.screens.fake_data import SUMMARY, USAGE, columns

K = ChartKind
BARE = ReportDefinition(dataset_id=USAGE.id)
MONTH = Grouping(field="started_at", grain=Grain.MONTH)
COUNTRY, PLAN = Grouping(field="country"), Grouping(field="plan")
HOUR = Grouping(field="started_at", grain=Grain.HOUR_OF_DAY)
COUNT = Measure(aggregation=Aggregation.COUNT)
REVENUE = Measure(aggregation=Aggregation.SUM, field="revenue")
AVERAGE = Measure(aggregation=Aggregation.AVERAGE, field="revenue")


def shape(*parts, **others):
    groupings = tuple(part for part in parts if isinstance(part, Grouping))
    measures = tuple(part for part in parts if isinstance(part, Measure))
    return replace(BARE, groupings=groupings, measures=measures, **others)


def known(definition):
    return {column.key: column for column in columns(definition)}


@pytest.mark.parametrize(
    ("parts", "rows", "kind"),
    [
        ((MONTH, COUNT), 12, K.LINE),
        ((MONTH, COUNT), 2, K.BAR),
        ((MONTH, COUNT), None, K.LINE),
        ((COUNTRY, MONTH, COUNT), 90, K.LINE),
        ((COUNTRY, COUNT), 5, K.BAR),
        ((COUNTRY, COUNT), None, K.BAR),
        ((COUNTRY, COUNT), 18, K.HORIZONTAL_BAR),
        ((COUNTRY, COUNT, REVENUE), 18, K.HORIZONTAL_BAR),
        ((COUNTRY, COUNT, REVENUE), 60, K.SCATTER),
        ((COUNTRY, PLAN, COUNT), 60, K.BAR),
        ((COUNT, REVENUE), 1, None),
        ((COUNTRY,), 5, None),
        ((COUNTRY, Measure(aggregation=Aggregation.MIN, field="plan")), 5, None),
    ],
)
def test_what_suits_a_shape(parts, rows, kind):
    chart = suited_chart(shape(*parts), known(shape(*parts)), rows)
    assert (chart.kind if chart else None) is kind


def test_a_second_grouping_colours():
    chart = suited_chart(shape(COUNTRY, MONTH, COUNT), known(shape(COUNTRY, MONTH, COUNT)))
    assert chart == Chart(kind=K.LINE, x="started_at__month", y=("count",), color="country")


@pytest.mark.parametrize(
    ("parts", "unfit"),
    [
        ((MONTH, COUNT), {K.PIE, K.HORIZONTAL_BAR, K.SCATTER}),
        ((COUNTRY, COUNT), {K.LINE, K.AREA, K.SCATTER}),
        ((COUNTRY, AVERAGE), {K.LINE, K.AREA, K.SCATTER, K.PIE}),
        ((MONTH, AVERAGE), {K.AREA, K.PIE, K.HORIZONTAL_BAR, K.SCATTER}),
        ((COUNTRY, COUNT, REVENUE), {K.LINE, K.AREA}),
        ((HOUR, COUNT), set()),
        ((COUNT,), set(K)),
        ((COUNTRY,), set(K)),
    ],
)
def test_what_does_not_fit_says_why(parts, unfit):
    definition = shape(*parts)
    found = misfits(definition, known(definition))
    assert set(found) == unfit
    assert all(why.endswith(".") for why in found.values())
    assert all(chart_of(definition, known(definition), kind) is None for kind in unfit)


def test_rows_and_spread_groupings_say_what_to_do():
    rows = replace(BARE, columns=("country",))
    assert "Choose Summary" in misfits(rows, known(rows))[K.BAR]
    spread = shape(COUNTRY, COUNT, pivot=Pivot(groupings=("country",)))
    assert "stands across" in misfits(spread, known(spread))[K.BAR]


def test_another_kind_keeps_what_can_stay():
    definition = shape(COUNTRY, MONTH, COUNT, REVENUE, AVERAGE)
    line = Chart(kind=K.LINE, x="started_at__month", y=("average__revenue", "sum__revenue"), color="country")
    drawn, found = replace(definition, chart=line), known(definition)
    assert chart_of(drawn, found, K.BAR) == replace(line, kind=K.BAR, y=("sum__revenue", "average__revenue"))
    assert chart_of(drawn, found, K.AREA).y == ("sum__revenue",), "averages do not pile up"
    assert chart_of(drawn, found, K.PIE) == Chart(kind=K.PIE, x="country", y=("sum__revenue",))
    cloud = chart_of(drawn, found, K.SCATTER)
    assert (cloud.x, cloud.y, cloud.color) == ("count", ("sum__revenue", "average__revenue"), "country")


def test_a_number_to_group_by_lies_along_a_scatter():
    definition = shape(HOUR, COUNT)
    assert chart_of(definition, known(definition), K.SCATTER) == Chart(
        kind=K.SCATTER, x="started_at__hour_of_day", y=("count",)
    )


@settings(max_examples=60, deadline=None)
@given(definitions(USAGE))
def test_whatever_fits_is_a_definition_that_holds(definition):
    found = known_columns(definition, USAGE)
    for kind in K:
        chart = chart_of(definition, found, kind)
        if chart is not None:
            validate_definition(replace(definition, chart=chart), USAGE)
    suited = suited_chart(definition, found, 30)
    assert suited is None or suited.kind not in misfits(definition, found)


def test_the_demo_report_suits_a_line():
    assert suited_chart(SUMMARY, known(SUMMARY), 12).kind is K.LINE
