"""DuckDB files as a source: read-only, one transaction per snapshot, rows streamed as Arrow."""

import logging
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import (
    CompiledQuery,
    ConnectionField,
    Connector,
    SourceKind,
    SqlFunctions,
    TableDraft,
)
from core.catalog.sources.duckdb_files import CATALOG, FILES
from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions, field_type
from core.catalog.sources.labels import draft_field
from core.catalog.sources.statement import compile_statement
from core.clock import Clock
from core.domain.dataset import Dataset, Field
from core.errors import BroadsheetError, QueryFailed, QueryTimedOut, RunCancelled, SourceUnavailable
from core.settings import Settings

_log = logging.getLogger(__name__)

_BATCH_ROWS = 65_536
_INTERRUPT_EVERY_S = 0.05
_TEST_DEADLINE_S = 30.0
_COLUMNS = f"""
SELECT c.schema_name, c.table_name, c.column_name, c.data_type, c.comment
FROM duckdb_columns() AS c
WHERE c.database_name = '{CATALOG}' AND NOT c.internal
ORDER BY c.schema_name, c.table_name, c.column_index
"""  # noqa: S608 - a constant
_ROW_KEY = f"""
SELECT 1 FROM duckdb_tables() AS t
WHERE t.database_name = '{CATALOG}' AND t.schema_name = $1 AND t.table_name = $2 AND NOT EXISTS (
    SELECT 1 FROM duckdb_columns() AS c WHERE c.table_oid = t.table_oid AND lower(c.column_name) = 'rowid'
)
"""  # noqa: S608 - a constant


class DuckDbSnapshot:
    """One transaction on one cursor. A watch interrupts what runs past the deadline or after `cancel`."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, *, as_of: datetime, deadline_s: float) -> None:
        self._cursor = cursor
        self._as_of = as_of
        self._deadline_s = deadline_s
        self._cancelled = False
        self._timed_out = False
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._interrupt_late_queries, name="duckdb-deadline", daemon=True)
        self._watch.start()

    @property
    def as_of(self) -> datetime:
        """When the transaction began."""
        return self._as_of

    def row_key(self, dataset: Dataset) -> str | None:
        """`rowid` for tables: DuckDB scans them in its order. A column of that name hides it."""
        table = (dataset.schema_name or "main", dataset.table_name)
        found = self.fetch(CompiledQuery(sql=_ROW_KEY, parameters=table))
        return "rowid" if found.num_rows else None

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        """Run a query with a small result."""
        with self._translated():
            return self._relation(statement).to_arrow_table()

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows in batches as DuckDB produces them."""
        with self._translated():
            reader = self._relation(statement).to_arrow_reader(_BATCH_ROWS)
        try:
            batch: pa.RecordBatch | None = pa.RecordBatch.from_pylist([], schema=reader.schema)
            while batch is not None:
                yield batch
                with self._translated():
                    batch = next(reader, None)
        finally:
            reader.close()

    def cancel(self) -> None:
        """Interrupt what runs; everything after it is refused."""
        self._cancelled = True
        self._wake.set()

    def close(self) -> None:
        """End the watch, the transaction and the cursor."""
        self._closed.set()
        self._wake.set()
        self._watch.join()
        self._cursor.close()

    def _relation(self, statement: CompiledQuery | ClauseElement) -> duckdb.DuckDBPyRelation:
        query = compile_statement(statement, DIALECT)
        relation = self._cursor.sql(query.sql, params=list(query.parameters))
        if relation is None:
            raise QueryFailed("The source answered without rows.")
        return relation

    def _interrupt_late_queries(self) -> None:
        """An interrupt only reaches a query that runs at that moment, so it is repeated until the snapshot closes."""
        if not self._wake.wait(self._deadline_s):
            self._timed_out = True
        while not self._closed.wait(_INTERRUPT_EVERY_S):
            self._cursor.interrupt()

    def _stopped(self) -> BroadsheetError | None:
        if self._cancelled:
            return RunCancelled()
        if self._timed_out:
            return QueryTimedOut(
                f"The source did not answer within {self._deadline_s:g} seconds. Narrow the period or the filters."
            )
        return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn DuckDB's errors into ours; its Arrow reader reports them as OSError."""
        if stopped := self._stopped():
            raise stopped
        try:
            yield
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            if stopped := self._stopped():
                raise stopped from error
            _log.warning("duckdb_query_failed error=%s", type(error).__name__)
            raise _translate(error) from error


class DuckDbConnector:
    """A DuckDB file. Connecting happens at the first question; all connectors of a path share one handle."""

    has_snapshot = True

    def __init__(self, path: Path, *, spill_dir: Path, clock: Clock) -> None:
        self._path = path
        self._spill_dir = spill_dir
        self._clock = clock

    @property
    def dialect(self) -> Dialect:
        """DuckDB's dialect with `$n` placeholders."""
        return DIALECT

    @property
    def functions(self) -> SqlFunctions:
        """DuckDB's own SQL."""
        return DuckDbFunctions()

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[DuckDbSnapshot]:
        """One read-only transaction on the file as it is now."""
        cursor = FILES.cursor(self._path, spill_dir=self._spill_dir)
        snapshot = DuckDbSnapshot(cursor, as_of=self._clock.now(), deadline_s=deadline_s)
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield snapshot
        finally:
            snapshot.close()

    def test(self) -> None:
        """Open the file and look for tables in it."""
        if not self.introspect():
            raise SourceUnavailable(f"The file '{self._path.name}' can be opened, but there is no table in it.")

    def introspect(self) -> tuple[TableDraft, ...]:
        """Read the catalog of the file."""
        with self.snapshot(deadline_s=_TEST_DEADLINE_S) as snapshot:
            rows = snapshot.fetch(CompiledQuery(sql=_COLUMNS)).to_pylist()
        tables: dict[tuple[str, str], tuple[list[Field], list[str]]] = {}
        for row in rows:
            fields, skipped = tables.setdefault((row["schema_name"], row["table_name"]), ([], []))
            kind = field_type(row["data_type"])
            if kind is None:
                skipped.append(row["column_name"])
            else:
                fields.append(draft_field(row["column_name"], kind, description=row["comment"] or ""))
        return tuple(
            TableDraft(
                schema_name=None if schema == "main" else schema,
                table_name=table,
                fields=tuple(fields),
                skipped=tuple(skipped),
            )
            for (schema, table), (fields, skipped) in tables.items()
        )


def _translate(error: Exception) -> BroadsheetError:
    """What happened, in plain words; the driver's text may hold values of rows and stays out."""
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return QueryFailed(
            "The source has no such table or column any more, or its type changed. Refresh the dataset's fields."
        )
    if isinstance(error, duckdb.PermissionException):
        return QueryFailed("The query reaches outside the source. Files and other databases are closed to it.")
    if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in str(error):
        return QueryFailed("The query needs more memory than the source may use. Narrow it by a period or a filter.")
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return QueryFailed("A value does not fit the type its column is declared as, or a sum passes 64 bits.")
    if isinstance(error, duckdb.IOException):
        return SourceUnavailable("The file of the source cannot be read.")
    return QueryFailed()


def _open(
    connection: Mapping[str, str | int | bool], _secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    path = settings.data_dir / str(connection["path"])  # a relative path lies in the data folder
    return DuckDbConnector(path, spill_dir=settings.data_dir / "spill", clock=clock)


#: The registry entry.
DUCKDB = SourceKind(
    key="duckdb",
    label="DuckDB file",
    connection_fields=(
        ConnectionField(
            name="path",
            label="Path",
            help="Path of the .duckdb file on the server; a relative one lies in the data folder.",
        ),
    ),
    open=_open,
)
