"""The demo's reports ask only for what its datasets offer."""

from uuid import UUID, uuid5

import pytest

from core.demo.content import DatasetDraft, SampleReport, demo_datasets, sample_reports, usage_summary
from core.domain.definition import Aggregation, ReportDefinition
from core.domain.field import NumberStyle
from core.domain.filter import Condition, DateUnit, FilterGroup, WindowKind

_SPACE = UUID("5f0c7a4e-0000-4000-8000-000000000000")
_IDS = {draft.name: uuid5(_SPACE, draft.name) for draft in demo_datasets()}
_DRAFTS = {_IDS[draft.name]: draft for draft in demo_datasets()}
_REPORTS = (
    SampleReport(name="Usage Summary", description="", definition=usage_summary(_IDS["product_usage"], 1000)),
    *sample_reports(_IDS, 1000),
)
each_report = pytest.mark.parametrize("report", _REPORTS, ids=lambda report: report.name)


def _conditions(group: FilterGroup) -> list[Condition]:
    nested = [_conditions(item) if isinstance(item, FilterGroup) else [item] for item in group.items]
    return [condition for conditions in nested for condition in conditions]


def _fields_of(definition: ReportDefinition) -> set[str]:
    measured = {m.field for m in (*definition.measures, *definition.kpis) if m.field is not None}
    period = {definition.period.field} if definition.period else set()
    filtered = {condition.field for condition in _conditions(definition.filters)}
    return {*definition.columns, *(g.field for g in definition.groupings)} | measured | period | filtered


@each_report
def test_every_field_is_in_the_dataset(report: SampleReport) -> None:
    offered = {field.name for field in _DRAFTS[report.definition.dataset_id].fields}
    assert _fields_of(report.definition) <= offered


@each_report
def test_sorts_and_charts_name_result_columns(report: SampleReport) -> None:
    definition, keys = report.definition, set(report.definition.column_keys)
    assert {sort.key for sort in definition.sort} <= keys
    if definition.chart is not None:
        color = {definition.chart.color} if definition.chart.color else set()
        assert {definition.chart.x, *definition.chart.y} | color <= keys


@each_report
def test_aggregations_and_periods_suit_their_fields(report: SampleReport) -> None:
    fields = {field.name: field for field in _DRAFTS[report.definition.dataset_id].fields}
    for measure in (*report.definition.measures, *report.definition.kpis):
        assert (measure.field is None) == (measure.aggregation is Aggregation.COUNT)
        if measure.aggregation in (Aggregation.SUM, Aggregation.AVERAGE):
            assert fields[measure.field or ""].type.is_number
    for grouping in report.definition.groupings:
        assert (grouping.grain is not None) == fields[grouping.field].type.is_temporal
    if report.definition.period is not None:
        assert fields[report.definition.period.field].type.is_temporal


@each_report
def test_rows_and_sums_are_not_mixed(report: SampleReport) -> None:
    assert bool(report.definition.columns) != report.definition.is_summary


def test_the_usage_summary_is_about_the_last_seven_complete_days() -> None:
    definition = usage_summary(_IDS["product_usage"], 250)
    assert definition.period is not None
    window = definition.period.window
    assert (window.kind, window.n, window.unit, window.include_current) == (WindowKind.LAST, 7, DateUnit.DAY, False)
    assert (definition.limit, definition.timezone) == (250, "America/New_York")
    assert definition.column_keys == (
        "occurred_at__day",
        "feature",
        "count",
        "count_distinct__user_id",
        "count_distinct__account_name",
        "sum__credits",
        "average__duration_ms",
    )
    assert len(_conditions(definition.filters)) == 1


def test_a_lower_row_limit_binds_every_report() -> None:
    assert all(report.definition.limit == 10 for report in sample_reports(_IDS, 10))


@pytest.mark.parametrize("draft", demo_datasets(), ids=lambda draft: draft.name)
def test_datasets_are_fit_for_people(draft: DatasetDraft) -> None:
    names, labels = [field.name for field in draft.fields], [field.label for field in draft.fields]
    assert len(set(names)) == len(names)
    assert len(set(labels)) == len(labels)
    assert draft.time_field is None or draft.time_field in names
    assert all(field.type.is_number for field in draft.fields if field.is_measure)
    assert all(
        field.format.style is NumberStyle.PLAIN
        for field in draft.fields
        if field.name.endswith("_id") and field.type.is_number
    )


def test_personal_data_is_marked() -> None:
    marked = {(draft.name, field.name) for draft in demo_datasets() for field in draft.fields if field.is_personal}
    assert {
        ("customers", "name"),
        ("customers", "email"),
        ("orders", "customer_name"),
        ("invoices", "customer_name"),
    } <= marked
