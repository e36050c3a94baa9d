"""Gathers rows before they are aggregated: one for each group and row of an owner, or each group and distinct value.

What an owner's rows say is aggregated over the gathered rows, of which each counts once. What the rows say as they
come is aggregated in two steps: over those of each gathered row, and over the gathered rows of a group.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, FromClause, cast, func, literal_column, select

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.query.compile.aggregates import Aggregate, Aggregated, operand_element
from core.query.compile.fan_out import Part
from core.query.compile.keys import key_element
from core.query.compile.late_join import late_join
from core.query.compile.level import column_of, grouped_by
from core.query.compile.reading import Asked, Columns, Operands, Reading, counts_rows, labelled, operands_of, straight
from core.query.compile.scope import Base

_ONE: ColumnElement[Any] = literal_column("1")
_ZERO: ColumnElement[Any] = literal_column("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """The gathered rows as a subquery, with the group keys that are there and what makes aggregates over them."""

    source: FromClause
    keys: Columns
    aggregated: Aggregated


def gathered_reading(part: Part, asked: Asked) -> Reading:
    """The gathered rows of a part; where it can wait, the table of the owner is joined to them."""
    late = late_join(part, asked)
    if late is None:
        owned = part.aggregates if part.value is None else ()
        gathered = _gathered(part, asked, own=_told_apart_by(part, asked.base), owned=owned)
        return Reading(rows=select().select_from(gathered.source), keys=gathered.keys, aggregated=gathered.aggregated)
    gathered = _gathered(part, late.early, own=late.keys, owned=())
    base = late.opened(gathered.source)
    behind = [each for each in asked.groupings if each not in late.early.groupings]
    keys = {**gathered.keys, **{each.key: key_element(base, each, asked.side) for each in behind}}
    return Reading(
        rows=select().select_from(base.relation.source),
        keys={each.key: keys[each.key] for each in asked.groupings},
        aggregated=lambda each: gathered.aggregated(each) if each in part.merged else straight(each, base),
    )


def _gathered(part: Part, asked: Asked, *, own: Columns, owned: Sequence[Aggregate]) -> _Gathered:
    """One row for each group and each of what `own` says."""
    operands = operands_of((*owned, *part.merged), asked.base)
    rows, keys, read = asked.read({**own, **operands.elements})
    steps = _Steps(functions=asked.base.scope.functions, operands=operands, read=read)
    for each in owned:
        steps.add_once(each)
    for each in part.merged:
        steps.add_parts(each)
    told_apart = {f"key {number}": key for number, key in enumerate(keys.values(), start=1)}
    told_apart |= {name: read[name] for name in own}
    columns = {**told_apart, **steps.columns}
    source = grouped_by(labelled(rows, columns), len(told_apart)).subquery("gathered")
    found = {name: column_of(source, name, element) for name, element in columns.items()}

    def aggregated(aggregate: Aggregate) -> ColumnElement[Any]:
        if aggregate == part.value:
            return steps.functions.aggregate(Aggregation.COUNT, found["own 1"], FieldType.INTEGER)
        return steps.finished(aggregate, found)

    return _Gathered(source=source, keys=dict(zip(keys, found.values(), strict=False)), aggregated=aggregated)


def _told_apart_by(part: Part, base: Base) -> Columns:
    """What gathered rows of one group are told apart by."""
    if part.owner is not None:
        return {f"own {number}": each for number, each in enumerate(base.relation.row_key(part.owner.join), start=1)}
    if part.value is None:
        raise ValueError("only rows of an owner and values are gathered")
    element, kind = operand_element(part.value, base)
    return {"own 1": base.scope.functions.text(element) if kind is FieldType.TEXT else element}


@dataclass(slots=True, kw_only=True)
class _Steps:
    """Aggregates in two steps: the columns of gathered rows, and what is made of them in the end."""

    functions: SqlFunctions
    operands: Operands
    read: Columns  #: the operands
    columns: dict[str, ColumnElement[Any]] = field(default_factory=dict)
    _names: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _finishes: dict[Aggregate, Callable[[Columns], ColumnElement[Any]]] = field(default_factory=dict)

    def finished(self, aggregate: Aggregate, found: Columns) -> ColumnElement[Any]:
        """An aggregate over the gathered rows, whose columns are `found`."""
        return self._finishes[aggregate](found)

    def add_once(self, aggregate: Aggregate) -> None:
        """An aggregate over gathered rows: all that one was made of have the same operand, or none where filtered."""
        functions = self.functions
        if counts_rows(aggregate):
            self._finishes[aggregate] = lambda _: functions.aggregate(Aggregation.COUNT, _ONE, FieldType.INTEGER)
            return
        operand, kind = self.operands.of(aggregate, self.read)
        name = self._named(aggregate, "value")
        self.columns[name] = functions.aggregate(Aggregation.MAX, operand, kind)
        self._finishes[aggregate] = lambda found: functions.aggregate(
            aggregate.aggregation, found[name], kind, percent=aggregate.percent
        )

    def add_parts(self, aggregate: Aggregate) -> None:
        """An aggregate over all rows, those of each gathered row first. Raises ValueError where that cannot be."""
        functions = self.functions
        match aggregate.aggregation:
            case Aggregation.COUNT:
                count = self._count(aggregate)
                self._finishes[aggregate] = lambda found: self._total_count(found[count])
            case Aggregation.SUM:
                total, kind = self._total(aggregate), self.operands.of(aggregate, self.read)[1]
                self._finishes[aggregate] = lambda found: functions.summed(found[total], kind)
            case Aggregation.AVERAGE:
                count, total = self._count(aggregate), self._total(aggregate, as_double=True)
                self._finishes[aggregate] = lambda found: functions.divided(
                    functions.summed(found[total], FieldType.DECIMAL), self._total_count(found[count])
                )
            case Aggregation.MIN | Aggregation.MAX as extreme:
                operand, kind = self.operands.of(aggregate, self.read)
                name = self._named(aggregate, extreme)
                self.columns[name] = functions.aggregate(extreme, operand, kind)
                self._finishes[aggregate] = lambda found: functions.aggregate(extreme, found[name], kind)
            case _:
                raise ValueError("parts of it do not add up")

    def _count(self, aggregate: Aggregate) -> str:
        name = self._named(aggregate, "count")
        if counts_rows(aggregate):
            self.columns[name] = func.count()
        else:
            self.columns[name] = self.functions.aggregate(Aggregation.COUNT, *self.operands.of(aggregate, self.read))
        return name

    def _total_count(self, count: ColumnElement[Any]) -> ColumnElement[Any]:
        """Where there is no row there is no count to add up."""
        return func.coalesce(self.functions.summed(count, FieldType.INTEGER), _ZERO, type_=BigInteger())

    def _total(self, aggregate: Aggregate, *, as_double: bool = False) -> str:
        """As wide as it gets: a part may not fit where the whole does."""
        name = self._named(aggregate, "total of doubles" if as_double else "total")
        operand, _ = self.operands.of(aggregate, self.read)
        self.columns[name] = self.functions.summed(cast(operand, Double) if as_double else operand, FieldType.DECIMAL)
        return name

    def _named(self, aggregate: Aggregate, what: str) -> str:
        """The name of a column, the same for the same one."""
        return self._names.setdefault((what, aggregate.operand, aggregate.filters), f"part {len(self._names) + 1}")
