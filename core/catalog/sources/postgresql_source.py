"""PostgreSQL servers as a source: one read-only, repeatable transaction per snapshot, rows streamed as Arrow."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar

from sqlalchemy import Dialect

from core.catalog.sources import postgresql_catalog as catalog
from core.catalog.sources.connector import CompiledQuery, Connector, SourceKind, TableDraft
from core.catalog.sources.idle import IdleLinks
from core.catalog.sources.network import Login, connection_fields, logins_of, may_write_words
from core.catalog.sources.postgresql_copy import CopyLink
from core.catalog.sources.postgresql_link import PostgreSqlLink, rendered
from core.catalog.sources.postgresql_snapshot import PostgreSqlSnapshot
from core.catalog.sources.postgresql_sql import DIALECT, PostgreSqlFunctions
from core.catalog.sources.sql_functions import SqlFunctions
from core.catalog.sources.watch import QueryWatch
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.errors import SourceError, SourceUnavailable
from core.settings import Settings

_PORT = 5432
_CATALOG_DEADLINE_S = 60.0
#: How much later than ours the server's own deadline passes, for when this process is gone.
_BACKSTOP_S = 5.0
_BEGIN = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
#: For this transaction only: whatever a query changes in its session ends with it too.
_SETTINGS = """
SELECT set_config('TimeZone', 'UTC', true), set_config('statement_timeout', %s, true),
    set_config('idle_in_transaction_session_timeout', %s, true), set_config('lock_timeout', '15s', true),
    set_config('search_path', pg_catalog.quote_ident(%s), true), set_config('DateStyle', 'ISO, YMD', true),
    set_config('IntervalStyle', 'iso_8601', true), set_config('bytea_output', 'hex', true),
    set_config('extra_float_digits', '1', true), set_config('standard_conforming_strings', 'on', true)
"""
#: A replica that lags shows an older state than the clock says.
_REPLAYED_AT = """
SELECT CASE WHEN pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
    THEN pg_last_xact_replay_timestamp() END AS replayed_at
WHERE pg_is_in_recovery()
"""
_Answer = TypeVar("_Answer")


class PostgreSqlConnector:
    """A PostgreSQL server. Connecting happens at the first question; idle connections are kept for a minute."""

    has_snapshot = True

    def __init__(self, server: Login, reports: Login, *, settings: Settings, clock: Clock) -> None:
        self._server = server
        self._reports = reports
        self._settings = settings
        self._clock = clock
        self._idle = {login: IdleLinks(PostgreSqlLink.close) for login in (server, reports)}
        self._functions: PostgreSqlFunctions | None = None

    @property
    def dialect(self) -> Dialect:
        """PostgreSQL's dialect with `%s` placeholders."""
        return DIALECT

    @property
    def functions(self) -> SqlFunctions:
        """PostgreSQL's own SQL; the server is asked once which collation knows all letters. Raises SourceError."""
        if self._functions is None:
            folding = self._in_transaction(self._reports, catalog.folding_collation)
            self._functions = PostgreSqlFunctions(folding=folding)
        return self._functions

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[PostgreSqlSnapshot]:
        """One repeatable, read-only transaction, on the replica where there is one."""
        with self._transaction(self._reports, deadline_s) as (link, watch):
            with watch.running():
                replayed = link.fetch(CompiledQuery(sql=_REPLAYED_AT)).column(0).to_pylist()
            as_of = next((at for at in replayed if at is not None), None) or self._clock.now()
            settings = rendered(_settings(self._reports, deadline_s))
            open_copy = partial(CopyLink, link.conninfo, settings=settings)
            yield PostgreSqlSnapshot(link, watch, as_of=as_of, open_copy=open_copy)

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
        if not self._in_transaction(self._server, catalog.may_write):
            return ()
        return (may_write_words(self._server),)

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the server's catalog."""
        default = self._server.schema or "public"
        return self._in_transaction(self._server, lambda link: catalog.read_tables(link, default, table))

    def close(self) -> None:
        """Let go of idle connections."""
        for links in self._idle.values():
            links.close()

    def _in_transaction(self, login: Login, ask: Callable[[PostgreSqlLink], _Answer]) -> _Answer:
        with self._transaction(login, _CATALOG_DEADLINE_S) as (link, watch), watch.running():
            return ask(link)

    @contextmanager
    def _transaction(self, login: Login, deadline_s: float) -> Iterator[tuple[PostgreSqlLink, QueryWatch]]:
        link = self._begin(login)
        watch = QueryWatch(link.cancel, sever=link.sever, deadline_s=deadline_s)
        is_clean = False
        try:
            link.fetch(_settings(login, deadline_s))
            yield link, watch
            is_clean = not watch.has_fired
        finally:
            is_quiet = watch.close()
            link.end_beside()
            # A late cancel could hit the next user of the connection, and a broken one serves nobody.
            if is_clean and is_quiet and _is_rolled_back(link):
                self._idle[login].give(link)
            elif is_quiet:
                link.close()
            # Else the cancel still holds on to the connection, and ends with it.

    def _begin(self, login: Login) -> PostgreSqlLink:
        """A connection with a transaction; one that waited may have been ended by the server."""
        waited = self._idle[login].take()
        if waited is not None:
            with suppress(SourceUnavailable):
                return _begun(waited)
        return _begun(PostgreSqlLink(login, self._settings))


def _begun(link: PostgreSqlLink) -> PostgreSqlLink:
    try:
        link.execute(_BEGIN)
    except SourceError:
        link.close()
        raise
    return link


def _is_rolled_back(link: PostgreSqlLink) -> bool:
    try:
        link.execute("ROLLBACK")
    except SourceError:
        return False
    return True


def _settings(login: Login, deadline_s: float) -> CompiledQuery:
    statement_ms = max(int((deadline_s + _BACKSTOP_S) * 1000), 1)
    values = (str(statement_ms), str(statement_ms * 2), login.schema or "public")
    return CompiledQuery(sql=_SETTINGS, parameters=values)


def _open(
    connection: Mapping[str, str | int | bool], secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    server, reports = logins_of(connection, secrets, port=_PORT)
    return PostgreSqlConnector(server, reports, settings=settings, clock=clock)


#: The registry entry.
POSTGRESQL = SourceKind(
    key="postgresql",
    label="PostgreSQL",
    connection_fields=connection_fields(port=_PORT, has_schema=True),
    open=_open,
)
