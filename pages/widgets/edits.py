"""Edits of a report definition: pure functions, each giving a new definition that still hangs together."""

from dataclasses import replace

from core.domain.appearance import Chart, ChartKind
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Grouping, Measure, ReportDefinition, Sort
from core.domain.field import Field
from core.domain.field_roles import measure_of
from core.domain.filter import Condition, DateUnit, DateWindow, FilterGroup, Grain, Operator, WindowKind
from pages.widgets.mend import kept_items, mended, renamed
from pages.widgets.rule_edits import condition_of

NO_OPERAND = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
RANGES = (Operator.BETWEEN, Operator.NOT_BETWEEN)
WINDOWS = (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW)
_MOST_COLUMNS = 8
COUNT = Measure(aggregation=Aggregation.COUNT)


def toggle_field(d: ReportDefinition, field: Field) -> ReportDefinition:
    """Take a field into the report, or out of it where it is in already."""
    if not d.is_summary:
        kept = tuple(name for name in d.columns if name != field.name)
        return tidy(replace(d, columns=kept if field.name in d.columns else (*d.columns, field.name)), d)
    if field.is_measure:
        others = tuple(m for m in d.measures if m.field != field.name)
        counted = Measure(aggregation=Aggregation.COUNT_DISTINCT, field=field.name)
        added = (*d.measures, measure_of(field) if field.type.is_number else counted)
        return tidy(replace(d, measures=added if others == d.measures else others), d)
    rest = tuple(g for g in d.groupings if g.field != field.name)
    return tidy(replace(d, groupings=(*d.groupings, grouping_of(field)) if rest == d.groupings else rest), d)


def toggle_measure(d: ReportDefinition, name: str) -> ReportDefinition:
    """Take a measure of the dataset into the report, or out of it; a report of rows becomes a summary."""
    kept = tuple(m for m in d.measures if m.dataset_measure != name)
    if kept == d.measures:
        summary = d if d.is_summary else replace(d, columns=(), calculations=(), sort=(), chart=None)
        return mended(replace(summary, measures=(*kept, Measure(dataset_measure=name))))
    return tidy(replace(d, measures=kept), d)


def uses(d: ReportDefinition, field: Field) -> bool:
    """Whether a field is a column, grouping or measure of the report."""
    in_summary = any(g.field == field.name for g in d.groupings) or any(m.field == field.name for m in d.measures)
    return in_summary or field.name in d.columns


def grouping_of(field: Field) -> Grouping:
    """Return the usual grouping by a field: dates by month."""
    return Grouping(field=field.name, grain=Grain.MONTH if field.type.is_temporal else None)


def tidy(d: ReportDefinition, before: ReportDefinition) -> ReportDefinition:
    """Mend what an edit left hanging: an empty shape, sorts and charts of columns that are gone."""
    if not d.columns and not d.is_summary:
        d = replace(d, measures=(COUNT,)) if before.is_summary else replace(d, columns=before.columns)
    return mended(d)


def first_chart(d: ReportDefinition, kind: ChartKind) -> Chart | None:
    """Return the present chart with its kind changed, or one over the first grouping and the last measure."""
    if d.chart is not None:
        groups = [g.key for g in d.groupings]
        x = d.chart.x if kind is ChartKind.SCATTER or d.chart.x in groups or not groups else groups[0]
        return replace(d.chart, kind=kind, x=x)
    if not d.groupings or not d.measures:
        return None
    return Chart(kind=kind, x=d.groupings[0].key, y=(d.measures[-1].key,))


def to_rows(d: ReportDefinition, dataset: Dataset) -> ReportDefinition:
    """Show rows as they are: the fields the summary used, then the dataset's first ones."""
    used = [g.field for g in d.groupings] + [m.field for m in d.measures if m.field]
    columns = dict.fromkeys([*used, *(field.name for field in dataset.fields)])
    rows = replace(d, columns=tuple(columns)[:_MOST_COLUMNS], groupings=(), measures=(), calculations=(), chart=None)
    return replace(mended(rows), sort=())


def to_summary(d: ReportDefinition, dataset: Dataset) -> ReportDefinition:
    """Summarize: the first date or text column groups, the first measures are summed, and rows are counted."""
    fields = [field for name in d.columns if (field := dataset.field(name)) is not None]
    groups = [field for field in fields if not field.is_measure and not field.type.is_number]
    first = next((field for field in groups if field.type.is_temporal), groups[0] if groups else None)
    sums = tuple(
        Measure(aggregation=Aggregation.SUM, field=field.name)
        for field in fields
        if field.is_measure and field.type.is_number
    )
    summary = replace(
        d,
        columns=(),
        groupings=(grouping_of(first),) if first else (),
        measures=(COUNT, *sums[:3]),
        calculations=(),
        chart=None,
    )
    return replace(mended(summary), sort=())


def set_grouping(d: ReportDefinition, position: int, grouping: Grouping | None) -> ReportDefinition:
    """Replace the grouping at `position`, or drop it; sorts and charts follow a changed grain."""
    old = d.groupings[position].key
    kept = (*d.groupings[:position], *([grouping] if grouping else []), *d.groupings[position + 1 :])
    return tidy(renamed(replace(d, groupings=kept), old, grouping.key if grouping else old), d)


def move_grouping_up(d: ReportDefinition, position: int) -> ReportDefinition:
    """Swap a grouping with the one before it."""
    order = list(d.groupings)
    order[position - 1], order[position] = order[position], order[position - 1]
    return mended(replace(d, groupings=tuple(order)))


def set_measure(d: ReportDefinition, position: int, measure: Measure | None) -> ReportDefinition:
    """Replace the measure at `position`, or drop it; a measure that is there already is not doubled."""
    old = d.measures[position].key
    rest = tuple(m for n, m in enumerate(d.measures) if n != position)
    if measure is not None and any(m.key == measure.key for m in rest):
        return d
    kept = (*d.measures[:position], *([measure] if measure else []), *d.measures[position + 1 :])
    return tidy(renamed(replace(d, measures=kept), old, measure.key if measure else old), d)


def add_measure(d: ReportDefinition, measure: Measure) -> ReportDefinition:
    """Add a measure unless it is there."""
    return d if any(m.key == measure.key for m in d.measures) else replace(d, measures=(*d.measures, measure))


def set_sort(d: ReportDefinition, position: int, sort: Sort | None) -> ReportDefinition:
    """Replace the sort at `position`, append it there, or drop it."""
    kept = (*d.sort[:position], *([sort] if sort else []), *d.sort[position + 1 :])
    return replace(d, sort=kept)


def new_condition(field: Field) -> Condition:
    """Return the condition that a fresh filter on `field` starts with; it may still lack its value."""
    if field.type.is_temporal:
        window = DateWindow(kind=WindowKind.LAST, n=30, unit=DateUnit.DAY)
        return Condition(field=field.name, operator=Operator.IN_WINDOW, window=window)
    if field.type.is_number:
        return Condition(field=field.name, operator=Operator.AT_LEAST)
    values = (True,) if field.type.value == "boolean" else ()
    return Condition(field=field.name, operator=Operator.IS, values=values)


def set_item(d: ReportDefinition, position: int, item: Condition | None) -> ReportDefinition:
    """Replace the filter at `position`, append it there, or drop it."""
    return mended(replace(d, filters=with_item(d.filters, position, item)))


def with_item(group: FilterGroup, position: int, item: Condition | None) -> FilterGroup:
    """Replace the item of a filter at `position`, append it there, or drop it."""
    return replace(group, items=(*group.items[:position], *([item] if item else []), *group.items[position + 1 :]))


def is_complete(item: Condition) -> bool:
    """Whether a condition has the value its operator needs, or asks for it."""
    if item.operator in NO_OPERAND or item.parameter is not None:
        return True
    if item.operator in WINDOWS:
        return item.window is not None
    needed = 2 if item.operator in RANGES else 1
    return len(item.values) >= needed and all(value != "" for value in item.values)


def complete(d: ReportDefinition) -> ReportDefinition:
    """Return the definition without filters and marks that lack their value; this is what is asked and saved."""
    return replace(
        d,
        filters=kept_items(d.filters, is_complete),
        result_filters=kept_items(d.result_filters, is_complete),
        measures=tuple(replace(m, filters=kept_items(m.filters, is_complete)) for m in d.measures),
        kpis=tuple(replace(m, filters=kept_items(m.filters, is_complete)) for m in d.kpis),
        rules=tuple(rule for rule in d.rules if rule.operator is None or is_complete(condition_of(rule))),
    )
