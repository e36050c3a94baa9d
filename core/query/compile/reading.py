"""What a grouping select reads: the rows of a base with its group keys, and how aggregates are taken over them.

Where keys must be hidden from the engine's planner, an inner select computes them together with what is aggregated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from core.domain.definition import Grouping
from core.domain.field import FieldType
from core.query.compile.aggregates import Aggregate, Aggregated, operand_element
from core.query.compile.comparison import Side
from core.query.compile.keys import Kept, grouped_rows, key_element, raw_key, settled_key
from core.query.compile.level import column_of
from core.query.compile.scope import Base

Columns = Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A select without columns, the group keys in it, and what makes aggregates over its rows."""

    rows: Select[Any]
    keys: Columns
    aggregated: Aggregated


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The rows of one base and span, and what they are grouped by."""

    base: Base
    side: Side
    kept: Kept | None
    groupings: tuple[Grouping, ...]

    @property
    def is_opaque(self) -> bool:
        """Whether how keys are made is hidden from the engine's planner."""
        return self.base.scope.functions.wants_opaque_keys and any(each.grain for each in self.groupings)

    def read(self, columns: Columns) -> tuple[Select[Any], dict[str, ColumnElement[Any]], Columns]:
        """A select without columns, the group keys in it, and what `columns` are there."""
        rows = grouped_rows(self.base, self.side, self.kept)
        if not self.is_opaque:
            return rows, {each.key: key_element(self.base, each, self.side) for each in self.groupings}, columns
        keys = {f"key {number}": raw_key(self.base, each, self.side) for number, each in enumerate(self.groupings, 1)}
        inner = self.base.scope.functions.opaque(labelled(rows, {**keys, **columns})).subquery("prepared")
        found = {name: column_of(inner, name, element) for name, element in {**keys, **columns}.items()}
        settled = {
            each.key: settled_key(self.base, each, found[name]) for name, each in zip(keys, self.groupings, strict=True)
        }
        return select().select_from(inner), settled, found


@dataclass(frozen=True, slots=True)
class Operands:
    """What aggregates are over, each once: columns by name."""

    names: Mapping[tuple[Any, Any], str]
    elements: Columns
    kinds: Mapping[str, FieldType]

    def of(self, aggregate: Aggregate, columns: Columns) -> tuple[ColumnElement[Any], FieldType]:
        """The operand among `columns`, and its type."""
        name = self.names[aggregate.operand, aggregate.filters]
        return columns[name], self.kinds[name]


def operands_of(aggregates: Sequence[Aggregate], base: Base) -> Operands:
    """The operands of all aggregates that do not just count rows."""
    names: dict[tuple[Any, Any], str] = {}
    elements: dict[str, ColumnElement[Any]] = {}
    kinds: dict[str, FieldType] = {}
    for each in aggregates:
        if counts_rows(each) or (each.operand, each.filters) in names:
            continue
        name = names[each.operand, each.filters] = f"operand {len(names) + 1}"
        elements[name], kinds[name] = operand_element(each, base)
    return Operands(names, elements, kinds)


def counts_rows(aggregate: Aggregate) -> bool:
    """Whether it counts all rows, whatever is in them."""
    return aggregate.operand is None and not aggregate.filters.items


def straight(aggregate: Aggregate, base: Base) -> ColumnElement[Any]:
    """An aggregate in the select that reads the base itself."""
    if counts_rows(aggregate):
        return func.count()
    operand, kind = operand_element(aggregate, base)
    return base.scope.functions.aggregate(aggregate.aggregation, operand, kind, percent=aggregate.percent)


def plain_reading(asked: Asked, aggregates: Sequence[Aggregate]) -> Reading:
    """The rows as they come."""
    base, functions = asked.base, asked.base.scope.functions
    if not asked.is_opaque:
        rows, keys, _ = asked.read({})
        return Reading(rows=rows, keys=keys, aggregated=lambda aggregate: straight(aggregate, base))
    operands = operands_of(aggregates, base)
    rows, keys, columns = asked.read(operands.elements)

    def aggregated(aggregate: Aggregate) -> ColumnElement[Any]:
        if counts_rows(aggregate):
            return func.count()
        operand, kind = operands.of(aggregate, columns)
        return functions.aggregate(aggregate.aggregation, operand, kind, percent=aggregate.percent)

    return Reading(rows=rows, keys=keys, aggregated=aggregated)


def labelled(statement: Select[Any], columns: Columns) -> Select[Any]:
    """The select with columns of these names."""
    return statement.add_columns(*(element.label(name) for name, element in columns.items()))
