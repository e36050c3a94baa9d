"""A transaction on a DuckDB cursor: one SELECT after the other, each with a deadline, cancelled from any thread."""

import logging
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import duckdb
import pyarrow as pa
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery, CsvQuestion
from core.catalog.sources.csv_lines import counted_lines, lines_sql
from core.catalog.sources.duckdb_catalog import ROW_KEY
from core.catalog.sources.duckdb_csv import DuckDbLines
from core.catalog.sources.duckdb_sql import DIALECT
from core.catalog.sources.statement import compile_statement
from core.domain.csv_options import CsvLines
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError, QueryFailed, QueryTimedOut, RunCancelled, SourceUnavailable

_log = logging.getLogger(__name__)

_BATCH_ROWS = 65_536
_INTERRUPT_EVERY_S = 0.05


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

    def row_key(self, table: TableOrigin) -> str | None:
        """`rowid` for tables: DuckDB scans them in its order. A column of that name hides it."""
        found = self.fetch(CompiledQuery(sql=ROW_KEY, parameters=(table.schema_name or "main", table.table_name)))
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

    def csv(self, question: CsvQuestion) -> CsvLines | None:
        """The rows as DuckDB writes their lines."""
        with self._translated():
            schema = self._relation(question.statement).limit(0).to_arrow_table().schema
        query = compile_statement(question.statement, DIALECT)
        written = lines_sql(query.sql, schema, question, DuckDbLines())
        if written is None:
            return None
        lines = CsvLines()
        lines.chunks = counted_lines(self.stream(replace(query, sql=written.sql)), lines, written.guarded)
        return lines

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
        # A read-only transaction lets COPY write to files, and `allowed_paths` means writing too.
        kinds = [parsed.type for parsed in self._cursor.extract_statements(query.sql)]
        if kinds != [duckdb.StatementType.SELECT]:
            raise QueryFailed("The source only answers one SELECT at a time; nothing in it can be changed.")
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
