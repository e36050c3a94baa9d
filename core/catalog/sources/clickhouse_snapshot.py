"""Several queries of ClickHouse under one deadline; it has no state that they could share."""

import logging
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

import pyarrow as pa
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.clickhouse_csv import ClickHouseLines
from core.catalog.sources.clickhouse_dialect import DIALECT
from core.catalog.sources.clickhouse_results import plain_batch, plain_schema
from core.catalog.sources.connector import CompiledQuery, CsvQuestion
from core.catalog.sources.csv_lines import counted_lines, lines_sql
from core.catalog.sources.statement import compile_statement
from core.catalog.sources.watch import QueryWatch
from core.catalog.sources.watched_snapshot import WatchedSnapshot
from core.domain.csv_options import CsvLines
from core.errors import SourceError

_log = logging.getLogger(__name__)


class Batches(Protocol):
    """The answer to a query as it comes."""

    def schema(self) -> pa.Schema:
        """The types of the columns."""
        ...

    def next(self) -> pa.RecordBatch | None:
        """The next rows; None after the last ones."""
        ...


class Link(Protocol):
    """A way to ClickHouse. Whatever it raises is one of our errors."""

    def run(self, query: CompiledQuery, *, mark: str, deadline_s: float) -> AbstractContextManager[Batches]:
        """Run a query that `stop` knows by its mark. Leaving the context ends it."""
        ...

    def stop(self, mark: str) -> None:
        """End the query with this mark, if it runs."""
        ...


class ClickHouseSnapshot(WatchedSnapshot):
    """Each query sees the newest state: there are no transactions to read in."""

    def __init__(self, link: Link, *, as_of: datetime, deadline_s: float) -> None:
        self._link = link
        self._deadline_s = deadline_s
        self._mark = ""
        super().__init__(QueryWatch(self._stop, deadline_s=deadline_s), as_of=as_of)

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows as they come."""
        query = compile_statement(statement, DIALECT)
        self._mark = uuid4().hex
        with self._asking():
            running = self._link.run(query, mark=self._mark, deadline_s=self._deadline_s)
            answer = running.__enter__()
        try:
            with self._asking():
                given = answer.schema()
            schema = plain_schema(given)
            yield pa.RecordBatch.from_pylist([], schema=schema)
            while (batch := self._next(answer)) is not None:
                yield plain_batch(batch, schema)
        finally:
            running.__exit__(None, None, None)

    def csv(self, question: CsvQuestion) -> CsvLines | None:
        """The rows as ClickHouse writes their lines."""
        query = compile_statement(question.statement, DIALECT)
        without_rows = f"SELECT * FROM (\n{query.sql}\n) LIMIT 0"  # noqa: S608 - a statement of ours
        schema = self.fetch(replace(query, sql=without_rows)).schema
        written = lines_sql(query.sql, schema, question, ClickHouseLines())
        if written is None:
            return None
        lines = CsvLines()
        lines.chunks = counted_lines(self.stream(replace(query, sql=written.sql)), lines, written.guarded)
        return lines

    def close(self) -> None:
        """End the watch."""
        self._watch.close()

    def _next(self, answer: Batches) -> pa.RecordBatch | None:
        with self._asking():
            return answer.next()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Whatever the ways to ClickHouse raise is one of our errors, and said nowhere yet."""
        try:
            with super()._asking():
                yield
        except SourceError as error:
            _log.warning("clickhouse_query_failed error=%s cause=%s", error.code, type(error.__cause__).__name__)
            raise

    def _stop(self) -> None:
        self._link.stop(self._mark)
