"""MySQL and MariaDB servers as a source: one consistent, read-only transaction per snapshot."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Dialect

from core.catalog.sources import mysql_catalog as catalog
from core.catalog.sources.connector import Connector, SourceKind, TableDraft
from core.catalog.sources.mysql_link import MySqlLink
from core.catalog.sources.mysql_snapshot import MySqlSnapshot
from core.catalog.sources.mysql_sql import DIALECT, MARIADB_COLLATION, MYSQL_COLLATION, MySqlFunctions
from core.catalog.sources.network import Login, connection_fields, logins_of
from core.catalog.sources.server_connector import BACKSTOP_S, ServerConnector
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.settings import Settings

_PORT = 3306
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


class MySqlConnector(ServerConnector[MySqlLink]):
    """A MySQL or MariaDB server."""

    catalog = catalog
    stops_through_link = False
    _functions: MySqlFunctions | None = None

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

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the server's catalog."""
        return self._in_transaction(self._server, lambda link: catalog.read_tables(link, table))

    def _connect(self, login: Login) -> MySqlLink:
        return MySqlLink(login, self._settings)

    def _begin(self, link: MySqlLink, deadline_s: float) -> None:
        late_s = deadline_s + BACKSTOP_S
        is_late = (
            f"max_statement_time = {late_s:.3f}" if link.is_mariadb else f"max_execution_time = {late_s * 1000:.0f}"
        )
        link.execute(f"SET SESSION {is_late}")
        link.execute(_BEGIN)


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
