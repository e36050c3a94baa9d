"""Reads the measures of all spans: by one select where that is enough, else by several that are stacked.

Each of several selects has a row for each of its groups, with aggregates of its own and nothing for those of others.
Stacked and grouped anew, a group has one value of each, or none where a span has no such group.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select, union_all

from core.catalog.usage import fields_of_filters
from core.domain.definition import Aggregation, Measure
from core.domain.field import FieldType
from core.query.compile.aggregates import Aggregate, Aggregated, aggregates_of, operand_type
from core.query.compile.comparison import Side
from core.query.compile.fan_out import Part, fields_of_aggregate, planned
from core.query.compile.gathered import gathered_reading
from core.query.compile.keys import Kept
from core.query.compile.level import column_of, grouped_by
from core.query.compile.reading import Asked, Columns, Reading, labelled, plain_reading
from core.query.compile.scope import Scope, open_base

_COUNTS = (Aggregation.COUNT, Aggregation.COUNT_DISTINCT)
_DOUBLES = (Aggregation.AVERAGE, Aggregation.MEDIAN, Aggregation.PERCENTILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Rows of one span, and the measures over them."""

    side: Side
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """A select without columns, the group keys in it, and what makes the aggregates of each span."""

    rows: Select[Any]
    keys: Columns
    aggregated_of: Callable[[int], Aggregated]


def spans_read(scope: Scope, spans: Sequence[Span], kept: Kept | None) -> Spans:
    """Read the measures of all spans."""
    names = _shared_names(scope, kept)
    stack = [
        (number, part, _reading(scope, part, span.side, kept, names))
        for number, span in enumerate(spans)
        for part in planned([each for measure in span.measures for each in aggregates_of(measure, scope)], scope, names)
    ]
    if len(stack) == 1:
        ((_, _, only),) = stack
        return Spans(rows=only.rows, keys=only.keys, aggregated_of=lambda _: only.aggregated)
    return _stacked(scope, stack)


def _reading(scope: Scope, part: Part, side: Side, kept: Kept | None, names: frozenset[str]) -> Reading:
    base = open_base(scope, names.union(*map(fields_of_aggregate, part.every)))
    asked = Asked(base=base, side=side, kept=kept, groupings=scope.definition.groupings)
    return plain_reading(asked, part.aggregates) if part.is_plain else gathered_reading(part, asked)


def _shared_names(scope: Scope, kept: Kept | None) -> frozenset[str]:
    """The fields that every select reads."""
    names = {grouping.field for grouping in scope.definition.groupings} | fields_of_filters(scope.definition.filters)
    if scope.definition.period is not None:
        names.add(scope.definition.period.field)
    if scope.top_grouping is not None and scope.top_keys is not None:
        names.add(scope.top_grouping.field)
    if kept is not None:
        names |= {grouping.field for grouping in kept.groupings}
    return frozenset(names)


def _stacked(scope: Scope, stack: Sequence[tuple[int, Part, Reading]]) -> Spans:
    """The groups of all selects, one upon the other."""
    values: dict[tuple[int, Aggregate], ColumnElement[Any]] = {
        (number, each): reading.aggregated(each) for number, part, reading in stack for each in part.every
    }
    names = {each: f"value {place}" for place, each in enumerate(values, start=1)}
    selects = []
    for number, part, reading in stack:
        mine = {(number, each) for each in part.every}
        columns = {f"key {place}": key for place, key in enumerate(reading.keys.values(), start=1)}
        columns |= {name: values[each] if each in mine else _nothing(each[1], scope) for each, name in names.items()}
        selects.append(grouped_by(labelled(reading.rows, columns), len(reading.keys)))
    stacked = union_all(*selects).subquery("stacked")

    def aggregated(aggregate: Aggregate, *, number: int) -> ColumnElement[Any]:
        each = (number, aggregate)
        found = column_of(stacked, names[each], values[each])
        return scope.functions.aggregate(Aggregation.MAX, found, _result_type(aggregate, scope))

    keys = enumerate(stack[0][2].keys.items(), start=1)
    return Spans(
        rows=select().select_from(stacked),
        keys={key: column_of(stacked, f"key {place}", element) for place, (key, element) in keys},
        aggregated_of=lambda number: partial(aggregated, number=number),
    )


def _nothing(aggregate: Aggregate, scope: Scope) -> ColumnElement[Any]:
    """What an aggregate is over no rows."""
    if aggregate.aggregation in _COUNTS:
        return literal_column("0")
    return scope.functions.empty(_result_type(aggregate, scope))


def _result_type(aggregate: Aggregate, scope: Scope) -> FieldType:
    if aggregate.aggregation in _COUNTS:
        return FieldType.INTEGER
    return FieldType.DECIMAL if aggregate.aggregation in _DOUBLES else operand_type(aggregate, scope.dataset)
