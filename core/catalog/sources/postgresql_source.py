"""PostgreSQL servers as a source: one read-only, repeatable transaction per snapshot, rows streamed as Arrow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Dialect

from core.catalog.sources import postgresql_catalog as catalog
from core.catalog.sources.connector import CompiledQuery, Connector, SourceKind, TableDraft
from core.catalog.sources.network import Login, connection_fields, logins_of
from core.catalog.sources.postgresql_copy import CopyLink
from core.catalog.sources.postgresql_link import PostgreSqlLink, rendered
from core.catalog.sources.postgresql_snapshot import PostgreSqlSnapshot
from core.catalog.sources.postgresql_sql import DIALECT, PostgreSqlFunctions
from core.catalog.sources.server_connector import BACKSTOP_S, ServerConnector
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.settings import Settings

_PORT = 5432
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


class PostgreSqlConnector(ServerConnector[PostgreSqlLink]):
    """A PostgreSQL server."""

    catalog = catalog
    stops_through_link = True
    _functions: PostgreSqlFunctions | None = None

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

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the server's catalog."""
        default = self._server.schema or "public"
        return self._in_transaction(self._server, lambda link: catalog.read_tables(link, default, table))

    def _connect(self, login: Login) -> PostgreSqlLink:
        return PostgreSqlLink(login, self._settings)

    def _begin(self, link: PostgreSqlLink, deadline_s: float) -> None:  # noqa: ARG002 - its deadline is among the settings
        link.execute(_BEGIN)

    def _set_up(self, link: PostgreSqlLink, login: Login, deadline_s: float) -> None:
        link.fetch(_settings(login, deadline_s))

    def _end_queries(self, link: PostgreSqlLink) -> None:
        link.end_beside()


def _settings(login: Login, deadline_s: float) -> CompiledQuery:
    statement_ms = max(int((deadline_s + BACKSTOP_S) * 1000), 1)
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
