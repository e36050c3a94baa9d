"""A transaction on a DuckDB cursor: one SELECT after the other, each with a deadline, cancelled from any thread."""

import logging
from collections.abc import Generator
from dataclasses import replace
from datetime import datetime

import duckdb
import pyarrow as pa
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery, CsvQuestion
from core.catalog.sources.csv_lines import counted_lines, lines_sql
from core.catalog.sources.duckdb_catalog import ROW_KEY
from core.catalog.sources.duckdb_csv import DuckDbLines
from core.catalog.sources.duckdb_files import FileCursor
from core.catalog.sources.duckdb_sql import DIALECT
from core.catalog.sources.statement import compile_statement
from core.catalog.sources.watch import QueryWatch
from core.catalog.sources.watched_snapshot import WatchedSnapshot
from core.domain.csv_options import CsvLines
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError, QueryFailed, SourceUnavailable

_log = logging.getLogger(__name__)

_BATCH_ROWS = 65_536


class DuckDbSnapshot(WatchedSnapshot):
    """One transaction on one cursor. The watch interrupts what runs past the deadline or after `cancel`."""

    driver_errors = (duckdb.Error, pa.ArrowException, OSError)  # its Arrow reader's are OSError

    def __init__(self, file: FileCursor, *, as_of: datetime, deadline_s: float) -> None:
        self._cursor = file.connection
        self._row_keys = file.row_keys
        super().__init__(QueryWatch(self._cursor.interrupt, deadline_s=deadline_s), as_of=as_of)

    def row_key(self, table: TableOrigin) -> str | None:
        """`rowid` for tables: DuckDB scans them in its order. A column of that name hides it.

        Asked once of each state of a file: looking through its catalog costs more than a small result does.
        """
        if table not in self._row_keys:
            found = self.fetch(CompiledQuery(sql=ROW_KEY, parameters=(table.schema_name or "main", table.table_name)))
            self._row_keys[table] = "rowid" if found.num_rows else None
        return self._row_keys[table]

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        """Run a query with a small result."""
        with self._asking():
            return self._relation(statement).to_arrow_table()

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows in batches as DuckDB produces them."""
        with self._asking():
            reader = self._relation(statement).to_arrow_reader(_BATCH_ROWS)
        try:
            batch: pa.RecordBatch | None = pa.RecordBatch.from_pylist([], schema=reader.schema)
            while batch is not None:
                yield batch
                with self._asking():
                    batch = next(reader, None)
        finally:
            reader.close()

    def csv(self, question: CsvQuestion) -> CsvLines | None:
        """The rows as DuckDB writes their lines."""
        with self._asking():
            schema = self._relation(question.statement).limit(0).to_arrow_table().schema
        query = compile_statement(question.statement, DIALECT)
        written = lines_sql(query.sql, schema, question, DuckDbLines())
        if written is None:
            return None
        lines = CsvLines()
        lines.chunks = counted_lines(self.stream(replace(query, sql=written.sql)), lines, written.guarded)
        return lines

    def close(self) -> None:
        """End the watch, the transaction and the cursor."""
        self._watch.close()
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

    def _translated(self, error: Exception) -> BroadsheetError:
        _log.warning("duckdb_query_failed error=%s", type(error).__name__)
        return _translate(error)


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
