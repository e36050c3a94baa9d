"""The group keys of a statement, and the rows that are grouped: those of the top values and of the groups kept."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal_column

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.definition import Grouping
from core.domain.field import FieldType
from core.domain.filter import Scalar
from core.query.compile.comparison import Side, bucket_element
from core.query.compile.level import Level
from core.query.compile.scope import Base, Scope, alias, key_predicate

#: A value of each type, to stand for null where two keys are compared; nulls are told apart from it.
_STAND_INS: dict[FieldType, Scalar] = {
    FieldType.TEXT: "",
    FieldType.INTEGER: 0,
    FieldType.DECIMAL: 0,
    FieldType.BOOLEAN: False,
    FieldType.DATE: "2000-01-01",
    FieldType.DATETIME: "2000-01-01T00:00:00+00:00",
}
_OTHERS = ("Others", "All others", "All other values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Groups of a question; only rows that belong to one of them are read."""

    level: Level
    groupings: tuple[Grouping, ...]


def others_label(scope: Scope) -> str:
    """What all values but the top ones are called: a word that none of those is."""
    return next(label for label in _OTHERS if label not in (scope.top_keys or ()))


def merges_others(scope: Scope) -> bool:
    """Whether a grouping's values beyond the top ones are merged into one; only texts are."""
    top = scope.definition.top
    return top is not None and top.with_others and scope.top_keys is not None


def key_element(base: Base, grouping: Grouping, side: Side) -> ColumnElement[Any]:
    """What a grouping groups by."""
    scope = base.scope
    element = _value(base, grouping, side)
    if not _is_merged(scope, grouping):
        return element
    is_top = key_predicate(element, scope.top_keys or (), FieldType.TEXT, scope.functions)
    return case((is_top, element), else_=scope.functions.literal(others_label(scope), FieldType.TEXT))


def raw_key(base: Base, grouping: Grouping, side: Side) -> ColumnElement[Any]:
    """What becomes a group key in the select around: a plain column keeps what the engine knows of its values."""
    if grouping.grain is not None or _is_merged(base.scope, grouping):
        return key_element(base, grouping, side)
    return base.relation.column(grouping.field)


def settled_key(base: Base, grouping: Grouping, raw: ColumnElement[Any]) -> ColumnElement[Any]:
    """The group key that `raw_key` becomes."""
    if grouping.grain is not None or base.relation.field(grouping.field).type is not FieldType.TEXT:
        return raw
    return base.scope.functions.text(raw)


def grouped_rows(base: Base, side: Side, kept: Kept | None) -> Select[Any]:
    """A select without columns of the rows that are grouped."""
    scope = base.scope
    source = None if kept is None else _join(base, side, kept)
    rows = base.rows(side.window, source)
    if scope.top_grouping is None or scope.top_keys is None or merges_others(scope):
        return rows
    element = _value(base, scope.top_grouping, side)
    kind = scope.columns[scope.top_grouping.key].type
    return rows.where(key_predicate(element, scope.top_keys, kind, scope.functions))


def _is_merged(scope: Scope, grouping: Grouping) -> bool:
    return merges_others(scope) and grouping == scope.top_grouping


def _value(base: Base, grouping: Grouping, side: Side) -> ColumnElement[Any]:
    if grouping.grain is not None:
        return bucket_element(base, grouping, side)
    field, column = base.relation.field(grouping.field), base.relation.column(grouping.field)
    return base.scope.functions.text(column) if field.type is FieldType.TEXT else column


def _join(base: Base, side: Side, kept: Kept) -> FromClause:
    """The relation joined to the groups kept. Two nulls match, and still every comparison can be hashed."""
    groups = kept.level.statement.subquery("kept")
    # Without groupings there is one group, which every row belongs to.
    pairs: list[ColumnElement[bool]] = [] if kept.groupings else [literal_column("1") == literal_column("1")]
    for grouping in kept.groupings:
        one, other = key_element(base, grouping, side), groups.c[alias(grouping.key)]
        kind = base.scope.columns[grouping.key].type
        pairs += _equal(one, other, kind, base.scope.functions)
    return base.relation.source.join(groups, and_(*pairs))


def _equal(
    one: ColumnElement[Any], other: ColumnElement[Any], kind: FieldType, functions: SqlFunctions
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    stand_in = functions.literal(_STAND_INS[kind], kind)
    return (
        func.coalesce(one, stand_in) == func.coalesce(other, stand_in),
        _is_null(one) == _is_null(other),
    )


def _is_null(element: ColumnElement[Any]) -> ColumnElement[int]:
    return case((element.is_(None), literal_column("1")), else_=literal_column("0"))
