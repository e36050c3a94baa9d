"""A summary as it is read from top to bottom: rows grouped, calculations on the groups, filters on both."""

from typing import Any

from sqlalchemy import ColumnElement

from core.domain.field import Field
from core.query.compile.calculations import calculated_level
from core.query.compile.grouped import grouped_level
from core.query.compile.keys import Kept
from core.query.compile.level import Level, level_of
from core.query.compile.scope import Scope
from core.query.predicates import PredicateCompiler


def summary_level(scope: Scope, kept: Kept | None = None) -> Level:
    """The groups of the definition, before a pivot, with everything that is said about them."""
    level = grouped_level(scope, kept)
    if scope.definition.calculations:
        level = calculated_level(scope, level)
    return _filtered(scope, level) if scope.definition.result_filters.items else level


def result_predicates(scope: Scope, columns: dict[str, ColumnElement[Any]]) -> PredicateCompiler:
    """Predicates over result columns."""

    def resolve(key: str) -> tuple[Field, ColumnElement[Any]]:
        column = scope.columns[key]
        return Field(name=key, label=column.label, type=column.type, scale=column.scale), columns[key]

    return PredicateCompiler(
        resolve=resolve,
        functions=scope.functions,
        logical_at=scope.logical_at,
        timezone=scope.definition.timezone,
        calendar=scope.definition.calendar,
    )


def _filtered(scope: Scope, level: Level) -> Level:
    statement, columns = level.opened("unfiltered")
    predicate = result_predicates(scope, columns).group(scope.definition.result_filters)
    return level_of(statement.where(predicate), columns)
