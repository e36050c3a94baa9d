"""What every source kind offers to the query stage; one file implements it per kind, the registry names it."""

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import pyarrow as pa
from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.csv_options import CsvLines, CsvOptions
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin
from core.domain.result import ResultColumn
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    """SQL text with placeholders and the values bound to them, in the order of the placeholders."""

    sql: str
    parameters: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKeyDraft:
    """Columns of a table that name a row of another one."""

    columns: tuple[str, ...]
    schema_name: str | None
    table_name: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDraft:
    """A table found by introspection: what a dataset can be made of."""

    schema_name: str | None
    table_name: str
    fields: tuple[Field, ...]
    skipped: tuple[str, ...] = ()  #: columns whose type no report can show
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKeyDraft, ...] = ()
    is_view: bool = False
    row_estimate: int | None = None
    description: str = ""


class Snapshot(Protocol):
    """One state of a source, open for several queries one after the other. `cancel` may come from any thread."""

    @property
    def as_of(self) -> datetime:
        """When the state was taken (aware, UTC)."""
        ...

    def row_key(self, table: TableOrigin) -> str | None:
        """A hidden column that numbers the rows; `SqlFunctions.scans_in_order` says whether plain scans keep to it.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvQuestion:
    """Rows wanted as CSV, byte for byte as our renderer writes them."""

    statement: CompiledQuery | ClauseElement
    unordered: CompiledQuery | ClauseElement  #: at least the same rows, in any order: to look something up in them
    #: The same rows without an order, where the one they are asked in is that of their hidden number alone.
    scanned: CompiledQuery | ClauseElement | None = None
    columns: tuple[ResultColumn, ...]  #: what the statement gives, in order
    keys: tuple[str, ...]  #: those of them that are written
    timezone: str
    options: CsvOptions


@runtime_checkable
class WritesCsv(Protocol):
    """What a snapshot offers beside the rest where its source writes CSV faster than batches come."""

    def csv(self, question: CsvQuestion) -> CsvLines | None:
        """The rows as lines, of the same state as all else; None where the source cannot give the same bytes.

        Read it to its end or close it before the next query. Raises SourceError, its chunks too.
        """
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

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Every table and view, or only `table` if it is there, with its columns, typed and labelled."""
        ...

    def close(self) -> None:
        """Let go of idle connections; what runs goes on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionField:
    """One input of a kind's connection form; secrets are kept apart, encrypted."""

    name: str
    label: str
    help: str = ""
    type: FieldType = FieldType.TEXT  #: TEXT, INTEGER or BOOLEAN
    choices: tuple[str, ...] = ()  #: TEXT only: the values it may have
    default: str | int | bool | None = None
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A registry entry: how a kind is called, what it needs and how it is opened."""

    key: str
    label: str
    connection_fields: tuple[ConnectionField, ...]
    open: Callable[[Mapping[str, str | int | bool], Mapping[str, str], Settings, Clock], Connector]
    is_offered: bool = True  #: people may create sources of it; uploads and the workspace's own activity come otherwise
    runs_sql: bool = True  #: saved SQL may be written for it
    is_on_server: bool = False  #: reads files of the server, which belong to no organization
