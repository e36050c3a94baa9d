"""A select whose columns are known by key: what the next one selects from, or what is handed out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, column, func, literal_column, select
from sqlalchemy.sql import quoted_name

from core.query.compile.scope import alias

_BY_KEY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A select without order and limit, and the names of its columns by their keys."""

    statement: Select[Any]
    names: Mapping[str, str]
    columns: Mapping[str, ColumnElement[Any]]  #: what it selects, by key

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its columns, in order."""
        return tuple(self.names)

    def opened(self, name: str) -> tuple[Select[Any], dict[str, ColumnElement[Any]]]:
        """A select without columns from this one called `name`, and its columns there by key."""
        inner = self.statement.subquery(name)
        columns = {key: column_of(inner, name, self.columns[key]) for key, name in self.names.items()}
        return select().select_from(inner), columns

    def grouped_by(self, count: int) -> "Level":
        """The same select, grouped by its first `count` columns."""
        return replace(self, statement=grouped_by(self.statement, count))

    def count(self) -> Select[Any]:
        """How many rows there are."""
        return select(func.count().label("row_count")).select_from(self.statement.subquery("counted"))


def grouped_by(statement: Select[Any], count: int) -> Select[Any]:
    """A select grouped by its first `count` columns."""
    # By position: names would be ambiguous where a key is also a column of the table.
    positions: list[ColumnElement[Any]] = [literal_column(str(position)) for position in range(1, count + 1)]
    return statement.group_by(*positions) if count else statement


def column_of(inner: FromClause, name: str, element: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column `name` of a subquery, which is `element` inside of it.

    Its own collection `inner.c` would look at every column several times.
    """
    found = column(quoted_name(name, quote=True), element.type)
    found.table = inner
    return found


def level_of(
    statement: Select[Any], columns: Mapping[str, ColumnElement[Any]], names: Mapping[str, str] = _BY_KEY
) -> Level:
    """The level that selects `columns` from what `statement` selects from; `names` has those that are not by key."""
    known = {key: quoted_name(names[key], quote=True) if key in names else alias(key) for key in columns}
    labelled = [element.label(known[key]) for key, element in columns.items()]
    return Level(statement=statement.add_columns(*labelled), names=known, columns=columns)
