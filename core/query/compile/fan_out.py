"""Reads rows for aggregates: straight, or through an inner select that numbers rows a join has multiplied.

A measure over one relation must not count its rows once for each partner that another join gives them. Where that
would happen, the inner select numbers the rows of each group and owner, and only the first of each is aggregated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, column, func, literal_column, union_all

from core.catalog.usage import leaf_names
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import FilterGroup
from core.errors import InvalidDefinition
from core.query.compile.aggregates import Aggregate, operand_element
from core.query.compile.level import column_of
from core.query.compile.scope import Base
from core.query.relation.joins import multiplied_by

#: They give the same over a row that comes twice.
_INDIFFERENT = (Aggregation.MIN, Aggregation.MAX, Aggregation.COUNT_DISTINCT)
#: The column that says which span a row is of. The spaces in such names tell them from those of results.
_SIDE = "row side"


@dataclass(frozen=True, slots=True)
class Owner:
    """The join whose rows a measure is over; the base's under None."""

    join: str | None


def multiplied_owner(aggregate: Aggregate, base: Base) -> Owner | None:
    """The relation whose rows are aggregated, where a join multiplies them; None where nothing is amiss.

    An operand of several relations belongs to the one whose rows go with one row of each of the others.
    """
    relation = base.relation
    if not relation.joins or aggregate.aggregation in _INDIFFERENT:
        return None
    names = leaf_names(aggregate.operand, base.scope.dataset) if aggregate.operand is not None else ()
    tables = {relation.owner_of(name) for name in names} or {None}
    for table in sorted(tables, key=lambda name: name or ""):
        multiplying = {join.name if join else None for join in multiplied_by(table, relation.joins)}
        if not multiplying & tables:
            return Owner(table) if multiplying else None
    raise InvalidDefinition("A measure computes with fields of several tables that multiply each other.")


def straight(aggregate: Aggregate, base: Base) -> ColumnElement[Any]:
    """An aggregate in the select that reads the relation itself."""
    if aggregate.operand is None and not aggregate.filters.items:
        return func.count()
    operand, kind = operand_element(aggregate, base)
    return base.scope.functions.aggregate(aggregate.aggregation, operand, kind, percent=aggregate.percent)


@dataclass(slots=True, kw_only=True)
class Prepared:
    """The rows of one select or of several spans, prepared by an inner select; filled while aggregates are compiled."""

    base: Base
    selects: Sequence[Select[Any]]  #: for each side, its rows without columns
    keys: Sequence[Mapping[str, ColumnElement[Any]]]  #: for each side, the group keys over the relation
    is_opaque: bool = False  #: how keys are made is hidden from the engine's planner; of one side only
    operands: dict[Aggregate, tuple[str, FieldType]] = field(default_factory=dict)
    guards: dict[tuple[Owner, FilterGroup], str] = field(default_factory=dict)

    def aggregated(self, aggregate: Aggregate, *, side: int) -> ColumnElement[Any]:
        """An aggregate over the prepared rows of one side."""
        if self.is_opaque and aggregate.operand is None and not aggregate.filters.items:
            return func.count()
        operand, kind = self._operand(aggregate)
        conditions = [column(_SIDE) == literal_column(str(side))] if len(self.selects) > 1 else []
        owner = multiplied_owner(aggregate, self.base)
        if owner is not None:
            guard = self.guards.setdefault((owner, aggregate.filters), f"number {len(self.guards) + 1}")
            conditions.append(column(guard) == literal_column("1"))
        counted = case((and_(*conditions), operand)) if conditions else operand
        return self.base.scope.functions.aggregate(aggregate.aggregation, counted, kind, percent=aggregate.percent)

    def rows(self) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
        """The inner select, once all aggregates are known, and the group keys in it."""
        selects = [self._select(number) for number in range(len(self.selects))]
        only = self.base.scope.functions.opaque(selects[0]) if self.is_opaque else selects[0]
        inner = (only if len(selects) == 1 else union_all(*selects)).subquery("prepared")
        keys = enumerate(self.keys[0].items(), start=1)
        return inner, {key: column_of(inner, f"key {number}", element) for number, (key, element) in keys}

    def _operand(self, aggregate: Aggregate) -> tuple[ColumnElement[Any], FieldType]:
        if aggregate.operand is None and not aggregate.filters.items:
            return literal_column("1"), FieldType.INTEGER
        known = Aggregate(aggregation=Aggregation.COUNT, operand=aggregate.operand, filters=aggregate.filters)
        if known not in self.operands:
            kind = operand_element(known, self.base)[1]
            self.operands[known] = (f"operand {len(self.operands) + 1}", kind)
        name, kind = self.operands[known]
        return column(name), kind

    def _select(self, number: int) -> Select[Any]:
        keys = self.keys[number]
        columns = [element.label(f"key {position}") for position, element in enumerate(keys.values(), start=1)]
        columns += [operand_element(each, self.base)[0].label(name) for each, (name, _) in self.operands.items()]
        columns += [self._number(*guard, keys).label(name) for guard, name in self.guards.items()]
        if len(self.selects) > 1 or not columns:
            columns.append(literal_column(str(number)).label(_SIDE))
        return self.selects[number].add_columns(*columns)

    def _number(self, owner: Owner, filters: FilterGroup, keys: Mapping[str, ColumnElement[Any]]) -> ColumnElement[int]:
        """Number the rows that one row of the owner became in a group.

        Those a measure's filters hold for are numbered apart: the filters may tell them from each other.
        """
        parts = [*keys.values(), *self.base.relation.row_key(owner.join)]
        if filters.items:
            parts.append(case((self.base.predicates.group(filters), literal_column("1")), else_=literal_column("0")))
        return self.base.scope.functions.row_number(*parts)
