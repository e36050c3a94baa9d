"""MySQL and MariaDB servers as a source: one consistent, read-only transaction per snapshot, rows streamed as Arrow."""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TypeVar

import pyarrow as pa
import pymysql
from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement

from core.catalog.sources import mysql_catalog as catalog
from core.catalog.sources.connector import CompiledQuery, Connector, SourceKind, TableDraft
from core.catalog.sources.idle import IdleLinks
from core.catalog.sources.mysql_errors import translated
from core.catalog.sources.mysql_link import MySqlLink, rendered
from core.catalog.sources.mysql_sql import DIALECT, MARIADB_COLLATION, MYSQL_COLLATION, MySqlFunctions
from core.catalog.sources.mysql_wire import Wire
from core.catalog.sources.network import Login, connection_fields, logins_of, may_write_words
from core.catalog.sources.sql_functions import SqlFunctions
from core.catalog.sources.statement import compile_statement
from core.catalog.sources.watch import QueryWatch
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.errors import SourceError, SourceUnavailable
from core.settings import Settings

_log = logging.getLogger(__name__)

_PORT = 3306
_CATALOG_DEADLINE_S = 60.0
#: How much later than ours the server's own deadline passes, for when this process is gone.
_BACKSTOP_S = 5.0
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
_Answer = TypeVar("_Answer")


class MySqlSnapshot:
    """One transaction on one connection."""

    def __init__(self, link: MySqlLink, watch: QueryWatch, *, as_of: datetime) -> None:
        self._link = link
        self._watch = watch
        self._as_of = as_of

    @property
    def as_of(self) -> datetime:
        """When the transaction began."""
        return self._as_of

    def row_key(self, table: TableOrigin) -> str | None:  # noqa: ARG002
        """None: tables have no hidden column that can be asked for."""
        return None

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        """Run a query with a small result."""
        batches = self.stream(statement)
        first = next(batches)
        return pa.Table.from_batches([first, *batches], schema=first.schema)

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

    def cancel(self) -> None:
        """Stop what runs; everything after it is refused."""
        self._watch.cancel()

    def _abandon(self) -> None:
        """Stop a query whose rows nobody wants any more; the transaction stays open."""
        if self._watch.has_fired or not self._link.is_streaming:
            return
        self._link.stop()
        self._link.drain()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn the driver's errors into ours, and those of a stopped query into why it was."""
        try:
            with self._watch.running():
                yield
        except (pymysql.Error, OSError) as error:
            raise self._watch.reason() or translated(error) from error


class MySqlConnector:
    """A MySQL or MariaDB server. Connecting happens at the first question; idle connections are kept for a minute."""

    has_snapshot = True

    def __init__(self, server: Login, reports: Login, *, settings: Settings, clock: Clock) -> None:
        self._server = server
        self._reports = reports
        self._settings = settings
        self._clock = clock
        self._idle = {login: IdleLinks(MySqlLink.close) for login in (server, reports)}
        self._functions: MySqlFunctions | None = None

    @property
    def dialect(self) -> Dialect:
        """MySQL's dialect with `%s` placeholders."""
        return DIALECT

    @property
    def functions(self) -> SqlFunctions:
        """The server's own SQL; it is asked once which of the two it is. Raises SourceError."""
        if self._functions is None:
            is_mariadb = self._in_transaction(self._reports, lambda link: link.is_mariadb)
            self._functions = MySqlFunctions(collation=MARIADB_COLLATION if is_mariadb else MYSQL_COLLATION)
        return self._functions

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[MySqlSnapshot]:
        """One consistent, read-only transaction, on the replica where there is one."""
        with self._transaction(self._reports, deadline_s) as (link, watch):
            yield MySqlSnapshot(link, watch, as_of=self._clock.now())

    def test(self) -> None:
        """Connect to the server and its replica and look for tables that may be read."""
        for login in dict.fromkeys((self._server, self._reports)):
            if not self._in_transaction(login, catalog.has_readable_tables):
                raise SourceUnavailable(
                    f"The user '{login.user}' can connect to '{login.database}' at {login.place}, but there is no "
                    "table that it may read. Grant it SELECT."
                )

    def warnings(self) -> tuple[str, ...]:
        """What people should know of a source that works: that its user may do more than read."""
        return (may_write_words(self._server),) if self._in_transaction(self._server, catalog.may_write) else ()

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the server's catalog."""
        return self._in_transaction(self._server, lambda link: catalog.read_tables(link, table))

    def close(self) -> None:
        """Let go of idle connections."""
        for links in self._idle.values():
            links.close()

    def _in_transaction(self, login: Login, ask: Callable[[MySqlLink], _Answer]) -> _Answer:
        with self._transaction(login, _CATALOG_DEADLINE_S) as (link, watch), watch.running():
            return ask(link)

    @contextmanager
    def _transaction(self, login: Login, deadline_s: float) -> Iterator[tuple[MySqlLink, QueryWatch]]:
        link = self._begin(login, deadline_s)
        watch = QueryWatch(link.stop, sever=link.sever, deadline_s=deadline_s)
        is_clean = False
        try:
            yield link, watch
            is_clean = not watch.has_fired and not link.is_streaming
        finally:
            watch.close()
            # A late stop could hit the next user of the connection, and a broken one serves nobody.
            if is_clean and _is_rolled_back(link):
                self._idle[login].give(link)
            else:
                link.close()

    def _begin(self, login: Login, deadline_s: float) -> MySqlLink:
        """A connection with a transaction; one that waited may have been ended by the server."""
        waited = self._idle[login].take()
        if waited is not None:
            with suppress(SourceUnavailable):
                return _started(waited, deadline_s)
        return _started(MySqlLink(login, self._settings), deadline_s)


def _is_rolled_back(link: MySqlLink) -> bool:
    try:
        link.execute("ROLLBACK")
    except SourceError:
        return False
    return True


def _started(link: MySqlLink, deadline_s: float) -> MySqlLink:
    late_s = deadline_s + _BACKSTOP_S
    deadline = f"max_statement_time = {late_s:.3f}" if link.is_mariadb else f"max_execution_time = {int(late_s * 1000)}"
    try:
        link.execute(f"SET SESSION {deadline}")
        link.execute(_BEGIN)
    except SourceError:
        link.close()
        raise
    return link


def _open(
    connection: Mapping[str, str | int | bool], secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    server, reports = logins_of(connection, secrets, port=_PORT)
    return MySqlConnector(server, reports, settings=settings, clock=clock)


#: The registry entry.
MYSQL = SourceKind(
    key="mysql",
    label="MySQL or MariaDB",
    connection_fields=connection_fields(port=_PORT, has_schema=False),
    open=_open,
)
