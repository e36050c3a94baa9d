"""A transaction on a PostgreSQL server: one query after the other, and rows as CSV on a connection beside it."""

import logging
from collections.abc import Container, Generator
from datetime import datetime
from typing import Protocol

import psycopg
import pyarrow as pa
from adbc_driver_manager import Error as DriverError
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery, CsvQuestion
from core.catalog.sources.postgresql_copy import CopyLink
from core.catalog.sources.postgresql_csv import CopySql, copy_sql
from core.catalog.sources.postgresql_link import PostgreSqlLink, rendered, translated
from core.catalog.sources.postgresql_scan import ROW_PLACE, has_places
from core.catalog.sources.postgresql_sql import DIALECT
from core.catalog.sources.postgresql_wire import Wire
from core.catalog.sources.statement import compile_statement
from core.catalog.sources.watch import QueryWatch
from core.catalog.sources.watched_snapshot import WatchedSnapshot
from core.domain.csv_options import CsvLines
from core.domain.relation import TableOrigin
from core.errors import BroadsheetError, SourceError

_log = logging.getLogger(__name__)

_EXPORT = CompiledQuery(sql="SELECT pg_export_snapshot()")


class OpenCopy(Protocol):
    """Connects once more."""

    def __call__(self, *, state: str) -> CopyLink:
        """A connection that sees the state a transaction exported. Raises psycopg's errors."""
        ...


class PostgreSqlSnapshot(WatchedSnapshot):
    """One transaction on one connection. `open_copy` opens another one on a state that it exported."""

    driver_errors = (DriverError, psycopg.Error, pa.ArrowException, OSError)

    def __init__(
        self,
        link: PostgreSqlLink,
        watch: QueryWatch,
        *,
        as_of: datetime,
        open_copy: OpenCopy | None = None,
    ) -> None:
        super().__init__(watch, as_of=as_of)
        self._link = link
        self._open_copy = open_copy
        self._questions = 0  #: asked since the transaction had no savepoint

    def row_key(self, table: TableOrigin) -> str | None:
        """The row's place in the table, where all rows lie in one."""
        return ROW_PLACE if self.fetch(has_places(table)).num_rows else None

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows in batches as the server sends them."""
        with self._asking():
            reader = self._rows(_text(statement))
        is_over = False
        try:
            wire = Wire(reader.schema)
            yield pa.RecordBatch.from_pylist([], schema=wire.schema)
            while True:
                with self._asking():
                    batch = _next(reader)
                if batch is None:
                    break
                yield wire.batch(batch)
            is_over = True
        finally:
            reader.close()
            if not is_over:
                self._abandon()

    def csv(self, question: CsvQuestion) -> CsvLines | None:
        """The rows as COPY writes them, on a second connection that sees the same state.

        It begins to write while the first one looks whether COPY can write all of them, and without apostrophes: mostly
        it can, and the wait is saved.
        """
        if self._open_copy is None:
            return None
        with self._asking():
            statements = copy_sql(question, self._schema(_text(question.statement)), _text)
        copy = None if statements is None else self._started(statements, ())
        if statements is None or copy is None:
            return None
        lines = CsvLines()
        try:
            with copy.reading_ahead(lines, question):
                guarded = self._guarded(statements)
        except BaseException:
            copy.close()
            raise
        if guarded != {}:
            copy.close()
            if guarded is None or (copy := self._started(statements, guarded)) is None:
                return None
            lines = CsvLines(guarded=guarded)
        self._link.beside = copy
        lines.chunks = self._copied(copy.chunks(lines, question, self._asking))
        return lines

    def _guarded(self, statements: CopySql) -> dict[str, int] | None:
        """How many cells of which columns get an apostrophe; None where there are values that SQL cannot write."""
        checked = self.fetch(CompiledQuery(sql=statements.check().replace("%", "%%")))
        is_unfit, may_be_guarded = (column[0].as_py() for column in checked.columns)
        if is_unfit:
            return None
        if not may_be_guarded:
            return {}
        counted = self.fetch(CompiledQuery(sql=statements.counts().replace("%", "%%")))
        cells = [column[0].as_py() for column in counted.columns]
        return {key: count for key, count in zip(statements.guarded_keys, cells, strict=True) if count}

    def _rows(self, text: str) -> pa.RecordBatchReader:
        self._questions += 1
        self._link.execute(f"SAVEPOINT question_{self._questions}")
        return self._link.rows(text)

    def _schema(self, text: str) -> pa.Schema:
        """What the driver makes of the columns of a query."""
        reader = self._rows(f"SELECT * FROM (\n{text}\n) AS rows LIMIT 0")  # noqa: S608 - a statement of ours
        reader.close()
        return reader.schema

    def _exported(self) -> str:
        """The name under which another transaction sees this one's state. No savepoint may be open."""
        if self._questions:
            self._link.execute("RELEASE SAVEPOINT question_1")  # and all after it
            self._questions = 0
        return str(self._link.fetch(_EXPORT).column(0)[0].as_py())

    def _started(self, statements: CopySql, guarded: Container[str]) -> CopyLink | None:
        """The connection whose COPY runs; None where there is none, as behind some poolers: rows come another way."""
        with self._asking():
            state = self._exported()
            copy = None
            try:
                copy = self._open_copy(state=state) if self._open_copy else None
                if copy is not None and copy.is_unicode:
                    copy.start(statements, guarded=guarded)
                    return copy
                _log.info("postgresql_copy_not_unicode")
            except (psycopg.Error, SourceError) as error:
                _log.warning("postgresql_copy_not_started error=%s", type(error).__name__)
            if copy is not None:
                copy.close()
        return None

    def _copied(self, chunks: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
        try:
            yield from chunks
        finally:
            self._link.end_beside()

    def _abandon(self) -> None:
        """Stop a query whose rows nobody wants any more; the transaction goes on from before it."""
        if self._watch.has_fired:
            return
        try:
            self._link.cursor.adbc_cancel()
            self._link.cursor.execute("SELECT 1")  # reads away what was on its way; fails where the cancel came in time
        except DriverError:
            _log.debug("postgresql_query_abandoned")
        self._link.execute(f"ROLLBACK TO SAVEPOINT question_{self._questions}")

    def _translated(self, error: Exception) -> BroadsheetError:
        return translated(error)


def _text(statement: CompiledQuery | ClauseElement) -> str:
    return rendered(compile_statement(statement, DIALECT))


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None
