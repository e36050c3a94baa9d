"""The workspace's own activity as a source: a few views of the product's database, of one organization, read-only."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

import adbc_driver_postgresql.dbapi as adbc
from adbc_driver_manager import Error as DriverError
from psycopg.conninfo import make_conninfo
from sqlalchemy import Dialect

from core.catalog.sources import postgresql_catalog as catalog
from core.catalog.sources.connector import CompiledQuery, Connector, SourceKind, TableDraft
from core.catalog.sources.idle import IdleLinks
from core.catalog.sources.postgresql_link import PostgreSqlLink
from core.catalog.sources.postgresql_snapshot import PostgreSqlSnapshot
from core.catalog.sources.postgresql_sql import DIALECT, PostgreSqlFunctions
from core.catalog.sources.sql_functions import SqlFunctions
from core.catalog.sources.watch import QueryWatch
from core.clock import Clock
from core.domain.catalog import WORKSPACE_KIND
from core.domain.relation import TableOrigin
from core.errors import SourceUnavailable
from core.settings import Settings

#: What may be read; each is a view that row-level security holds to the organization of the transaction.
VIEWS = frozenset({"activity_runs", "activity_deliveries", "activity_sign_ins"})
#: Names under which the wiring hands over the way in, among the secrets: no person fills them in, none is stored.
CONNINFO, ORGANIZATION = "conninfo", "organization_id"
_SCHEMA = "public"
_CATALOG_DEADLINE_S = 30.0
#: How much later than ours the server's own deadline passes, for when this process is gone.
_BACKSTOP_S = 5.0
_BEGIN = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
#: For this transaction only; a connection serves one organization, and even so each transaction names it anew.
_SETTINGS = """
SELECT set_config('app.organization_id', %s, true), set_config('statement_timeout', %s, true),
    set_config('TimeZone', 'UTC', true), set_config('search_path', 'public', true),
    set_config('DateStyle', 'ISO, YMD', true), set_config('extra_float_digits', '1', true)
"""


class WorkspaceLink(PostgreSqlLink):
    """A connection as the app's own role; the one way around the rule that the product's database is no source."""

    def __init__(self, conninfo: str) -> None:
        """Connect. Raises SourceUnavailable."""
        try:
            self._connection = adbc.connect(make_conninfo(conninfo, application_name="Broadsheet"), autocommit=True)
        except DriverError as error:
            raise SourceUnavailable("The product's own database does not answer.") from error
        self.cursor = self._connection.cursor()


class WorkspaceConnector:
    """The views of one organization."""

    has_snapshot = True

    def __init__(self, conninfo: str, organization_id: str, *, clock: Clock, views: Container[str] = VIEWS) -> None:
        self._conninfo = conninfo
        self._views = views
        self._organization_id = organization_id
        self._clock = clock
        self._idle: IdleLinks[PostgreSqlLink] = IdleLinks(PostgreSqlLink.close)
        self._functions: PostgreSqlFunctions | None = None

    def __repr__(self) -> str:
        return "WorkspaceConnector(…)"

    @property
    def dialect(self) -> Dialect:
        """PostgreSQL's dialect."""
        return DIALECT

    @property
    def functions(self) -> SqlFunctions:
        """PostgreSQL's own SQL. Raises SourceError."""
        if self._functions is None:
            with self._transaction(_CATALOG_DEADLINE_S) as (link, watch), watch.running():
                self._functions = PostgreSqlFunctions(folding=catalog.folding_collation(link))
        return self._functions

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[PostgreSqlSnapshot]:
        """One repeatable, read-only transaction that sees the organization's rows only."""
        with self._transaction(deadline_s) as (link, watch):
            yield PostgreSqlSnapshot(link, watch, as_of=self._clock.now())

    def test(self) -> None:
        """Look for the views."""
        if not self.introspect():
            raise SourceUnavailable("The views of the workspace's activity are missing.")

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Return the views and nothing else of the database."""
        with self._transaction(_CATALOG_DEADLINE_S) as (link, watch), watch.running():
            found = catalog.read_tables(link, _SCHEMA, table)
        return tuple(draft for draft in found if draft.schema_name is None and draft.table_name in self._views)

    def close(self) -> None:
        """Let go of idle connections."""
        self._idle.close()

    @contextmanager
    def _transaction(self, deadline_s: float) -> Iterator[tuple[PostgreSqlLink, QueryWatch]]:
        link = self._begin()
        watch = QueryWatch(link.cursor.adbc_cancel, deadline_s=deadline_s)
        is_clean = False
        try:
            statement_ms = str(max(int((deadline_s + _BACKSTOP_S) * 1000), 1))
            link.fetch(CompiledQuery(sql=_SETTINGS, parameters=(self._organization_id, statement_ms)))
            yield link, watch
            is_clean = not watch.has_fired
        finally:
            watch.close()
            if is_clean:
                link.execute("ROLLBACK")
                self._idle.give(link)
            else:
                link.close()

    def _begin(self) -> PostgreSqlLink:
        """A connection with a transaction; one that waited may have been ended by the server."""
        waited = self._idle.take()
        if waited is not None:
            try:
                waited.execute(_BEGIN)
            except SourceUnavailable:
                waited.close()
            else:
                return waited
        link: PostgreSqlLink = WorkspaceLink(self._conninfo)
        link.execute(_BEGIN)
        return link


def _open(
    _connection: Mapping[str, str | int | bool], secrets: Mapping[str, str], _settings: Settings, clock: Clock
) -> Connector:
    return WorkspaceConnector(secrets[CONNINFO], secrets[ORGANIZATION], clock=clock)


#: The registry entry.
WORKSPACE = SourceKind(
    key=WORKSPACE_KIND,
    label="Workspace activity",
    connection_fields=(),
    open=_open,
    is_offered=False,
    runs_sql=False,
)
