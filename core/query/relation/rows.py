"""Rows in the making: a FROM element with named, typed columns and the conditions its rows meet; knows no step."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnClause,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Numeric,
    Select,
    Text,
    column,
    select,
    table,
)
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import TypeEngine

from core.domain.field import FieldType
from core.domain.relation import SourceColumn, TableOrigin

#: Of each one for all columns: SQLAlchemy keeps with it what it has found out about it.
_TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: DateTime(),
}


def identifier(name: str) -> quoted_name:
    """`name` as an identifier that is always quoted: engines reserve words that SQLAlchemy does not know of."""
    return quoted_name(name, quote=True)


def column_clause(column_: SourceColumn) -> ColumnClause[Any]:
    """A column by its name alone."""
    return column(identifier(column_.name), _TYPES[column_.type])


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of rows in the making."""

    shape: SourceColumn
    element: ColumnElement[Any]

    @property
    def is_plain(self) -> bool:
        """Whether it is read as it is; anything else is computed once, in a subquery, before it is read again."""
        return isinstance(self.element, ColumnClause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What steps and joins work on. `columns` is ordered; `where` holds for every row."""

    source: FromClause
    columns: Mapping[str, Column]
    where: tuple[ColumnElement[bool], ...] = ()

    @property
    def shapes(self) -> dict[str, SourceColumn]:
        """Names and types of the columns."""
        return {name: column.shape for name, column in self.columns.items()}

    @property
    def is_settled(self) -> bool:
        """Whether the source is its rows and its columns as they are."""
        return not self.where and all(column.is_plain for column in self.columns.values())

    def element(self, name: str) -> ColumnElement[Any]:
        """The column called `name`."""
        return self.columns[name].element

    def resolve(self, name: str) -> tuple[ColumnElement[Any], FieldType]:
        """The column called `name` and its type, as expressions ask for it."""
        return self.columns[name].element, self.columns[name].shape.type

    def with_elements(self, shapes: Iterable[SourceColumn], elements: Mapping[str, ColumnElement[Any]]) -> "Rows":
        """The same rows with the columns `shapes`: those in `elements` as given there, the others as they are."""
        known = {name: column.element for name, column in self.columns.items()} | dict(elements)
        return replace(self, columns={shape.name: Column(shape=shape, element=known[shape.name]) for shape in shapes})

    def with_condition(self, condition: ColumnElement[bool]) -> "Rows":
        """The rows it holds for."""
        return replace(self, where=(*self.where, condition))

    def select(self, names: Collection[str] | None = None) -> Select[Any]:
        """A select of the columns `names`; of all of them by default."""
        chosen = [column for name, column in self.columns.items() if names is None or name in names]
        labelled = [column.element.label(identifier(column.shape.name)) for column in chosen]
        return select(*labelled).select_from(self.source).where(*self.where)

    def ready(self, *reads: str, alias: str) -> "Rows":
        """The same rows with the columns `reads` plain, in a subquery called `alias` where they are not yet."""
        return self if all(self.columns[name].is_plain for name in reads) else self.settled(alias=alias)

    def settled(self, *, alias: str, names: Collection[str] | None = None) -> "Rows":
        """The same rows as a subquery called `alias` of plain columns."""
        shapes = [column.shape for name, column in self.columns.items() if names is None or name in names]
        return selected_rows(self.select(names), shapes, alias=alias)


def selected_rows(statement: Any, shapes: Iterable[SourceColumn], *, alias: str) -> Rows:
    """The rows of a select or union, whose columns are `shapes`."""
    return _rows(statement.subquery(identifier(alias)), shapes)


def table_rows(origin: TableOrigin, shapes: Iterable[SourceColumn], *, alias: str | None) -> Rows:
    """The rows of a table or view; without an alias it goes by its own name."""
    shapes = tuple(shapes)
    clause = table(
        identifier(origin.table_name),
        *map(column_clause, shapes),
        schema=identifier(origin.schema_name) if origin.schema_name else None,
    )
    return _rows(clause if alias is None else clause.alias(identifier(alias)), shapes)


def _rows(source: FromClause, shapes: Iterable[SourceColumn]) -> Rows:
    return Rows(
        source=source, columns={shape.name: Column(shape=shape, element=source.c[shape.name]) for shape in shapes}
    )
