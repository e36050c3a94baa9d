"""Edits of a dataset: pure functions, each giving a new dataset; the services say what does not hang together."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Measure
from core.domain.field import DateStyle, Field, FieldType, Format, NumberStyle
from core.domain.filter import Condition, FilterGroup, Operator
from core.domain.relation import CastStep, FilterStep, Join, SourceColumn, Step

_MOST_NAME = 60
_NO_OPERAND = (Operator.IS_EMPTY, Operator.IS_NOT_EMPTY)
_BETWEEN = (Operator.BETWEEN, Operator.NOT_BETWEEN)


def name_of(text: str, taken: Iterable[str]) -> str:
    """Return a key that is free, made of a label: "Net price" becomes `net_price`."""
    base = "_".join(re.findall(r"[^\W_]+", text.lower()))[:_MOST_NAME] or "field"
    known = {name.casefold() for name in taken}
    found, number = base, 1
    while found.casefold() in known:
        number += 1
        found = f"{base}_{number}"
    return found


def set_field(d: Dataset, name: str, **changes: Any) -> Dataset:
    """Change one field."""
    fields = tuple(replace(field, **changes) if field.name == name else field for field in d.fields)
    return replace(d, fields=fields)


def set_style(d: Dataset, name: str, style: NumberStyle | DateStyle) -> Dataset:
    """Write a field's values another way; a style that does not suit its type changes nothing."""
    field = d.field(name)
    if field is None:
        return d
    if isinstance(style, NumberStyle):
        return set_field(d, name, format=replace(field.format, style=style)) if field.type.is_number else d
    return set_field(d, name, format=replace(field.format, date_style=style)) if field.type.is_temporal else d


def set_type(d: Dataset, name: str, kind: FieldType, columns: tuple[SourceColumn, ...]) -> Dataset:
    """Read a base column as another type, by a step; `columns` are the table's, which steps need to know."""
    field = d.field(name)
    if field is None or field.type is kind or not can_retype(field):
        return d
    column = field.source_column
    last = d.steps[-1] if d.steps else None
    steps = d.steps
    if isinstance(last, CastStep) and last.column == column:
        steps = steps[:-1]
    first = next((one.type for one in columns if one.name == column), None)
    if not (first is kind and steps is not d.steps):
        steps = (*steps, CastStep(column=column, type=kind))
    changed = set_field(with_columns(d, columns), name, type=kind, scale=None, format=Format(unit=field.format.unit))
    return tidy(replace(changed, steps=steps))


def follow_types(d: Dataset, types: Mapping[str, FieldType]) -> Dataset:
    """Give fields over the base's columns the types that those have after the steps."""
    for field in d.fields:
        kind = types.get(field.source_column, field.type)
        if can_retype(field) and kind is not field.type:
            is_measure = field.is_measure and kind.is_number
            changes: dict[str, Any] = {"type": kind, "scale": None, "format": Format(unit=field.format.unit)}
            d = set_field(d, field.name, is_measure=is_measure, **changes)
    return tidy(d)


def can_retype(field: Field) -> bool:
    """Whether a step can read the field as another type: computed and joined ones have theirs."""
    return field.table is None and field.expression is None


def with_columns(d: Dataset, columns: tuple[SourceColumn, ...]) -> Dataset:
    """Let the dataset know its table's columns, where it did not yet."""
    return d if d.origin.columns else replace(d, origin=replace(d.origin, columns=columns))


def source_columns(fields: Iterable[Field]) -> tuple[SourceColumn, ...]:
    """Return fields over columns as those columns."""
    return tuple(SourceColumn(name=f.source_column, type=f.type, scale=f.scale) for f in fields)


def tidy(d: Dataset) -> Dataset:
    """Mend what an edit left hanging: a time field that is gone or holds no dates."""
    field = d.field(d.time_field) if d.time_field else None
    return d if field is not None and field.type.is_temporal else replace(d, time_field=None)


def add_fields(d: Dataset, fields: Iterable[Field]) -> Dataset:
    """Add fields over the base's columns, under names that are free."""
    for field in fields:
        name = name_of(field.name, (f.name for f in d.fields)) if d.field(field.name) else field.name
        d = replace(d, fields=(*d.fields, replace(field, name=name, column=field.source_column)))
    return d


def add_computed(d: Dataset, label: str, kind: FieldType, expression: str) -> Dataset:
    """Add a field that is computed of others."""
    name = name_of(label, (field.name for field in d.fields))
    made = Field(name=name, label=label, type=kind, expression=expression, is_measure=kind.is_number)
    return replace(d, fields=(*d.fields, made))


def drop_fields(d: Dataset, names: Iterable[str]) -> Dataset:
    """Take fields out."""
    gone = set(names)
    return tidy(replace(d, fields=tuple(field for field in d.fields if field.name not in gone)))


def set_step(d: Dataset, position: int, step: Step | None) -> Dataset:
    """Replace the step at `position`, append it there, or drop it."""
    return replace(d, steps=(*d.steps[:position], *([step] if step else []), *d.steps[position + 1 :]))


def move_step(d: Dataset, position: int, by: int) -> Dataset:
    """Swap a step with the one before or after it."""
    order = list(d.steps)
    other = position + by
    if not 0 <= other < len(order):
        return d
    order[position], order[other] = order[other], order[position]
    return replace(d, steps=tuple(order))


def set_join(d: Dataset, position: int, join: Join) -> Dataset:
    """Replace the join at `position`."""
    return replace(d, joins=(*d.joins[:position], join, *d.joins[position + 1 :]))


def drop_join(d: Dataset, name: str) -> Dataset:
    """Take a join out, with the joins that hang on it and the fields of them all."""
    gone = {name}
    for join in d.joins:
        if join.left in gone:
            gone.add(join.name)
    kept = tuple(join for join in d.joins if join.name not in gone)
    return tidy(replace(d, joins=kept, fields=tuple(field for field in d.fields if field.table not in gone)))


def add_measure(d: Dataset, label: str) -> Dataset:
    """Add a measure: the sum of the first number, or the number of rows."""
    name = name_of(label, (measure.name for measure in d.measures))
    field = next((field for field in d.fields if field.is_measure and field.type.is_number), None)
    how = Measure(aggregation=Aggregation.SUM, field=field.name) if field else Measure(aggregation=Aggregation.COUNT)
    made = DatasetMeasure(name=name, label=label, measure=how, format=field.format if field else Format())
    return replace(d, measures=(*d.measures, made))


def set_measure(d: Dataset, position: int, measure: DatasetMeasure | None) -> Dataset:
    """Replace the measure at `position`, or drop it."""
    kept = (*d.measures[:position], *([measure] if measure else []), *d.measures[position + 1 :])
    return replace(d, measures=kept)


def condense(measure: Measure, aggregation: Aggregation, field: str | None) -> Measure:
    """Return a measure over a field, its filters kept."""
    is_count = aggregation is Aggregation.COUNT
    percent = (measure.percent or 90) if aggregation is Aggregation.PERCENTILE else None
    return Measure(aggregation=aggregation, field=None if is_count else field, percent=percent, filters=measure.filters)


def expressed(expression: str) -> Measure:
    """Return a measure computed by an expression."""
    return Measure(expression=expression, filters=FilterGroup())


def complete(d: Dataset) -> Dataset:
    """Return the dataset without filters that still lack their value; this is what is asked and saved."""
    steps = tuple(replace(s, filters=_complete(s.filters)) if isinstance(s, FilterStep) else s for s in d.steps)
    measures = tuple(
        replace(m, measure=replace(m.measure, filters=_complete(m.measure.filters))) if m.measure.filters.items else m
        for m in d.measures
    )
    return replace(d, steps=steps, measures=measures)


def _complete(group: FilterGroup) -> FilterGroup:
    return replace(group, items=tuple(item for item in group.items if _is_complete(item)))


def _is_complete(item: Condition | FilterGroup) -> bool:
    if isinstance(item, FilterGroup) or item.operator in _NO_OPERAND or item.window is not None:
        return True
    needed = 2 if item.operator in _BETWEEN else 1
    return len(item.values) >= needed and all(value != "" for value in item.values)
