"""A transaction on a MySQL or MariaDB server: one query after the other, rows streamed as Arrow."""

from collections.abc import Generator
from datetime import datetime

import pyarrow as pa
import pymysql
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.mysql_errors import translated
from core.catalog.sources.mysql_link import MySqlLink, rendered
from core.catalog.sources.mysql_sql import DIALECT
from core.catalog.sources.mysql_wire import Wire
from core.catalog.sources.statement import compile_statement
from core.catalog.sources.watch import QueryWatch
from core.catalog.sources.watched_snapshot import WatchedSnapshot
from core.errors import BroadsheetError


class MySqlSnapshot(WatchedSnapshot):
    """One transaction on one connection."""

    driver_errors = (pymysql.Error, OSError)

    def __init__(self, link: MySqlLink, watch: QueryWatch, *, as_of: datetime) -> None:
        super().__init__(watch, as_of=as_of)
        self._link = link

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows in batches as the server sends them."""
        text = rendered(compile_statement(statement, DIALECT))
        with self._asking():
            columns = self._link.ask(text)
        is_over = False
        try:
            wire = Wire(columns)
            rows = self._link.batches(wire)
            yield pa.RecordBatch.from_pylist([], schema=wire.schema)
            while True:
                with self._asking():
                    batch = next(rows, None)
                if batch is None:
                    break
                yield batch
            is_over = True
        finally:
            if not is_over:
                self._abandon()

    def _abandon(self) -> None:
        """Stop a query whose rows nobody wants any more; the transaction stays open."""
        if self._watch.has_fired or not self._link.is_streaming:
            return
        self._link.stop()
        self._link.drain()

    def _translated(self, error: Exception) -> BroadsheetError:
        return translated(error)
