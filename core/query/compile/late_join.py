"""Joins the table of an owner to gathered rows instead of to all rows, where nothing needs it any sooner."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from core.catalog.usage import fields_of_filters
from core.domain.dataset import Dataset
from core.domain.definition import Grouping
from core.domain.expression import Binary, Expression, Name, Unary
from core.domain.field import FieldType
from core.domain.relation import Join
from core.query.compile.aggregates import Aggregate, operand_type
from core.query.compile.fan_out import Part, fields_of_aggregate, tables_of
from core.query.compile.level import column_of
from core.query.compile.reading import Asked, Columns
from core.query.compile.scope import Base, base_over
from core.query.measures import parsed
from core.query.relation.fields import joins_by_name
from core.query.relation.joins import determines, joined
from core.query.relation.rows import Column, Rows

#: What is empty where one side is.
_ARITHMETIC = ("+", "-", "*", "/", "%")


@dataclass(frozen=True, slots=True, kw_only=True)
class LateJoin:
    """The joins of one owner, the owner's own first, and what is asked without them."""

    joins: tuple[Join, ...]
    whole: Base  #: with all joins
    early: Asked  #: without the late ones, and what they alone are grouped by
    keys: Columns  #: by the name of its column, what a gathered row is joined by

    def opened(self, gathered: FromClause) -> Base:
        """The gathered rows with the late joins on them; only fields of those can be read."""
        relation, own = self.whole.relation, self.joins[0]
        left = relation.tables[own.left].shapes
        columns = {
            key.left: Column(shape=left[key.left], element=column_of(gathered, name, element))
            for key, (name, element) in zip(own.keys, self.keys.items(), strict=True)
        }
        tables: dict[str | None, Rows] = {None: Rows(source=gathered, columns=columns)}
        tables |= {join.name: relation.tables[join.name] for join in self.joins}
        joins = (replace(own, left=None), *self.joins[1:])
        source = joined(tables, joins, relation.functions)
        return base_over(self.whole.scope, replace(relation, source=source, tables=tables, joins=joins))


def late_join(part: Part, asked: Asked) -> LateJoin | None:
    """How the owner of `part` is joined late; None where it is not."""
    if part.owner is None or part.owner.join is None:
        return None
    relation = asked.base.relation
    joins = _late_joins(part.owner.join, relation.joins)
    late, dataset = {join.name for join in joins}, relation.dataset
    early = [each for each in asked.groupings if not tables_of((each.field,), dataset) & late]
    behind = [each for each in asked.groupings if each not in early]
    if (
        _multiplies(joins, relation.joins)
        or tables_of(_early_names(part, asked), dataset) & late
        or not all(tables_of((each.field,), dataset) <= late for each in behind)
        or not all(_is_late(each, late, dataset) for each in part.aggregates)
    ):
        return None
    rest = tuple(join for join in relation.joins if join.name not in late)
    without = replace(relation, source=joined(relation.tables, rest, relation.functions), joins=rest)
    return LateJoin(
        joins=joins,
        whole=asked.base,
        early=replace(asked, base=base_over(asked.base.scope, without), groupings=tuple(early)),
        keys=_join_keys(joins[0], asked.base),
    )


def _late_joins(owner: str, joins: Collection[Join]) -> tuple[Join, ...]:
    """The join of the owner and those that lead on from there."""
    found: dict[str, Join] = {}
    for join in joins:
        if join.name == owner or join.left in found:
            found[join.name] = join
    return tuple(found.values())


def _multiplies(late: Sequence[Join], joins: Sequence[Join]) -> bool:
    """Whether the late joins multiply the owner's rows."""
    by_name = joins_by_name(joins)
    return not all(determines(late[0].name, join.name, by_name) for join in late)


def _early_names(part: Part, asked: Asked) -> set[str]:
    """The fields that rows are chosen by, and those of what is aggregated as it comes."""
    scope = asked.base.scope
    names = set(fields_of_filters(scope.definition.filters)).union(*map(fields_of_aggregate, part.merged))
    if scope.definition.period is not None:
        names.add(scope.definition.period.field)
    if scope.top_grouping is not None and scope.top_keys is not None:
        names.add(scope.top_grouping.field)
    groupings: tuple[Grouping, ...] = () if asked.kept is None else asked.kept.groupings
    return names.union(each.field for each in groupings)


def _is_late(aggregate: Aggregate, late: Collection[str], dataset: Dataset) -> bool:
    """Whether it reads nothing but late tables, and is over nothing where a row has no partner there.

    Gathered rows without a partner are several, and would count as often. Texts may be masked, empty ones too.
    """
    if aggregate.operand is None or operand_type(aggregate, dataset) is FieldType.TEXT:
        return False
    return tables_of(fields_of_aggregate(aggregate), dataset) <= set(late) and _is_strict(aggregate.operand, dataset)


def _is_strict(tree: Expression, dataset: Dataset) -> bool:
    """Whether it is empty where all its fields are."""
    match tree:
        case Name():
            field = dataset.field(tree.name)
            return field is not None and (field.expression is None or _is_strict(parsed(field.expression), dataset))
        case Unary(operator="-"):
            return _is_strict(tree.operand, dataset)
        case Binary() if tree.operator in _ARITHMETIC:
            return _is_strict(tree.left, dataset) or _is_strict(tree.right, dataset)
        case _:
            return False


def _join_keys(join: Join, base: Base) -> dict[str, ColumnElement[Any]]:
    """What the rows of the left side are joined by; texts by code point, as they are compared."""
    left = base.relation.tables[join.left]
    elements = {}
    for number, key in enumerate(join.keys, start=1):
        column = left.columns[key.left]
        is_text = column.shape.type is FieldType.TEXT
        elements[f"own {number}"] = base.scope.functions.text(column.element) if is_text else column.element
    return elements
