"""Edits of what a report makes of its result: named measures, calculations, top n, pivot, totals, column options."""

from dataclasses import replace
from typing import Any

from core.domain.appearance import ColumnOption
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Measure,
    Pivot,
    ReportDefinition,
    Top,
)
from core.domain.field import Format
from core.domain.filter import FilterGroup
from pages.widgets.dataset_edits import name_of
from pages.widgets.edits import set_measure
from pages.widgets.mend import mended

_FIRST_TOP = 10
_FIRST_PERCENT = 90.0
#: Calculations that can begin anew for each value of a grouping.
BEGINS_ANEW = (CalculationKind.RUNNING_TOTAL, CalculationKind.SHARE, CalculationKind.RANK)


def with_aggregation(measure: Measure, aggregation: Aggregation) -> Measure:
    """Condense a measure another way; a percentile starts as the 90th."""
    percent = measure.percent or _FIRST_PERCENT
    return replace(
        measure,
        aggregation=aggregation,
        percent=percent if aggregation is Aggregation.PERCENTILE else None,
        label=measure.label if measure.name else None,
    )


def new_expression(d: ReportDefinition) -> Measure:
    """Return a measure that is written down, to start with the number of rows."""
    return Measure(expression="count()", name=name_of("figure", d.column_keys), label=None)


def set_measure_filters(d: ReportDefinition, position: int, filters: FilterGroup, label: str) -> ReportDefinition:
    """Count only some rows into a measure. With filters it needs a name of its own, without any it may lose it."""
    measure = d.measures[position]
    name, shown = measure.name, measure.label
    if filters.items and name is None:
        taken = [key for key in d.column_keys if key != measure.key]
        name = name_of(f"{measure.key} filtered", taken)
        shown = shown or f"{label}, filtered"
    if not filters.items and measure.expression is None and name is not None:
        name, shown = None, None if (shown or "").endswith(", filtered") else shown
    changed = replace(measure, filters=filters, name=name, label=shown)
    if not filters.items and any(m.key == changed.key for n, m in enumerate(d.measures) if n != position):
        changed = replace(changed, name=measure.name, label=measure.label)
    return mended(set_measure(d, position, changed))


def add_calculation(d: ReportDefinition, kind: CalculationKind) -> ReportDefinition:
    """Add a column computed of the last measure, or an expression to start from."""
    if kind is CalculationKind.EXPRESSION:
        first = (d.measures[-1].key if d.measures else None) if d.is_summary else d.columns[0]
        made = Calculation(name=name_of("computed", d.column_keys), kind=kind, expression=f"[{first}]")
    else:
        of = d.measures[-1].key
        made = Calculation(name=name_of(f"{kind} {of}", d.column_keys), kind=kind, of=of)
    return replace(d, calculations=(*d.calculations, made))


def set_calculation(d: ReportDefinition, position: int, calculation: Calculation | None) -> ReportDefinition:
    """Replace the calculation at `position`, or drop it."""
    kept = (*d.calculations[:position], *([calculation] if calculation else []), *d.calculations[position + 1 :])
    return mended(replace(d, calculations=kept))


def set_top(d: ReportDefinition, **changes: Any) -> ReportDefinition:
    """Change which values are shown, to start with the ten highest by the last measure."""
    present = d.top or Top(n=_FIRST_TOP, by=d.measures[-1].key, grouping=d.groupings[0].key)
    return replace(d, top=replace(present, **changes))


def set_pivot(d: ReportDefinition, groupings: tuple[str, ...], *, with_totals: bool) -> ReportDefinition:
    """Turn groupings into columns; none: back to rows."""
    return mended(replace(d, pivot=Pivot(groupings=groupings, with_totals=with_totals) if groupings else None))


def set_totals(d: ReportDefinition, **changes: Any) -> ReportDefinition:
    """Add or drop totals."""
    return replace(d, totals=replace(d.totals, **changes))


def option_of(d: ReportDefinition, key: str) -> ColumnOption:
    """Return how a column is called, written and sized; one that says nothing where none was chosen."""
    return next((option for option in d.options if option.key == key), ColumnOption(key=key))


def set_option(d: ReportDefinition, key: str, **changes: Any) -> ReportDefinition:
    """Change how a column is called, written or sized; options that say nothing go."""
    changed = replace(option_of(d, key), **changes)
    others = tuple(option for option in d.options if option.key != key)
    return replace(d, options=others if changed == ColumnOption(key=key) else (*others, changed))


def set_format(d: ReportDefinition, key: str, present: Format, **changes: Any) -> ReportDefinition:
    """Write a column another way; `present` is how it is written now."""
    return set_option(d, key, format=replace(option_of(d, key).format or present, **changes))
