"""What every source kind offers to the query stage; one file implements it per kind, the registry names it."""

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.sql import ClauseElement

from core.clock import Clock
from core.domain.dataset import Dataset, Field
from core.domain.definition import Aggregation
from core.domain.filter import DateUnit
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    """SQL text with placeholders and the values bound to them, in the order of the placeholders."""

    sql: str
    parameters: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDraft:
    """A table found by introspection: what a dataset can be made of."""

    schema_name: str | None
    table_name: str
    fields: tuple[Field, ...]
    skipped: tuple[str, ...] = ()  #: columns whose type no report can show


class SqlFunctions(Protocol):
    """SQL that engines write differently. Columns are raw columns of the source; instants there are UTC."""

    @property
    def wants_spans(self) -> bool:
        """Whether `bucket` is so much cheaper in a known span that asking for the first and last value pays off."""
        ...

    def instant(self, value: datetime) -> ColumnElement[Any]:
        """A bound instant that compares with a raw date-and-time column without touching the column."""
        ...

    def text(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """The column as text, free of charge where it is text already."""
        ...

    def matches(self, column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        r"""Case-insensitive LIKE; `pattern` is a LIKE pattern whose escape character is `\`."""
        ...

    def bucket(
        self,
        column: ColumnElement[Any],
        *,
        grain: DateUnit,
        timezone: str | None,
        between: tuple[datetime, datetime] | None = None,
    ) -> ColumnElement[Any]:
        """The first day, as a date, of the unit that a value lies in. `timezone` is None for dates without time.

        `between`: every row that gets here lies in this half-open span; a hint that may make it cheaper.
        """
        ...

    def aggregate(self, aggregation: Aggregation, column: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
        """A measure over a column: sums of whole numbers are 64-bit, averages and medians are doubles."""
        ...

    def order(self, key: ColumnElement[Any], *, descending: bool) -> tuple[ColumnElement[Any], ...]:
        """Order by `key` with empty values last either way."""
        ...


class Snapshot(Protocol):
    """One state of a source, open for several queries one after the other. `cancel` may come from any thread."""

    @property
    def as_of(self) -> datetime:
        """When the state was taken (aware, UTC)."""
        ...

    def row_key(self, dataset: Dataset) -> str | None:
        """A hidden column that numbers the rows in the order in which a plain scan hands them out each time.

        None where there is none, as in views: their rows keep their places only under an order by every column.
        """
        ...

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        """Run a query with a small result. Raises SourceError."""
        ...

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows as they come, an empty batch first: a result without rows has types too.

        Close it before the next query. Raises SourceError.
        """
        ...

    def cancel(self) -> None:
        """Stop whatever runs; its caller gets RunCancelled."""
        ...


class Connector(Protocol):
    """A source that can be asked. Nothing is opened before the first question."""

    @property
    def dialect(self) -> Dialect:
        """The SQLAlchemy dialect that statements are compiled with."""
        ...

    @property
    def functions(self) -> SqlFunctions:
        """The engine's own SQL."""
        ...

    @property
    def has_snapshot(self) -> bool:
        """Whether all queries of a snapshot see one state of the data."""
        ...

    def snapshot(self, *, deadline_s: float) -> AbstractContextManager[Snapshot]:
        """Open one state of the source; queries still running after `deadline_s` end with QueryTimedOut."""
        ...

    def test(self) -> None:
        """Raise SourceUnavailable saying what is wrong, if anything is."""
        ...

    def introspect(self) -> tuple[TableDraft, ...]:
        """Every table and view with its columns, typed and labelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionField:
    """One input of a kind's connection form; secrets are kept apart, encrypted."""

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A registry entry: how a kind is called, what it needs and how it is opened."""

    key: str
    label: str
    connection_fields: tuple[ConnectionField, ...]
    open: Callable[[Mapping[str, str | int | bool], Mapping[str, str], Settings, Clock], Connector]
