"""ClickHouse servers as a source: read-only queries over HTTP, rows streamed as Arrow, stopped by their query id."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Dialect

from core.catalog.sources.clickhouse_catalog import read_catalog
from core.catalog.sources.clickhouse_dialect import DIALECT
from core.catalog.sources.clickhouse_http import HttpLink
from core.catalog.sources.clickhouse_snapshot import ClickHouseSnapshot
from core.catalog.sources.clickhouse_sql import ClickHouseFunctions
from core.catalog.sources.connector import ConnectionField, Connector, SourceKind, TableDraft
from core.catalog.sources.network import TLS_NONE, Login, connection_fields, logins_of
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.errors import SourceUnavailable
from core.settings import Settings

_PORT = 8443
_DATABASE = "default"
_CATALOG_DEADLINE_S = 60.0


class ClickHouseConnector:
    """A server, and the replica that reports are read from where there is one."""

    has_snapshot = False

    def __init__(self, server: Login, reports: Login, *, settings: Settings, clock: Clock) -> None:
        self._server = server
        self._reports = reports
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._links: dict[Login, HttpLink] = {}

    @property
    def dialect(self) -> Dialect:
        """ClickHouse's dialect."""
        return DIALECT

    @property
    def functions(self) -> SqlFunctions:
        """ClickHouse's own SQL."""
        return ClickHouseFunctions()

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[ClickHouseSnapshot]:
        """Queries one after the other, each on the newest state."""
        with self._snapshot(self._reports, deadline_s) as snapshot:
            yield snapshot

    def test(self) -> None:
        """Ask for the tables of the server, and of its replica."""
        for login in dict.fromkeys((self._server, self._reports)):
            with self._snapshot(login, _CATALOG_DEADLINE_S) as snapshot:
                if not read_catalog(snapshot.fetch, login.database):
                    raise SourceUnavailable(
                        f"The server answers, but the user '{login.user}' sees no table there. Grant it SELECT."
                    )

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the server's catalog."""
        with self._snapshot(self._server, _CATALOG_DEADLINE_S) as snapshot:
            return read_catalog(snapshot.fetch, self._server.database, table)

    def close(self) -> None:
        """Let go of idle connections."""
        with self._lock:
            links = list(self._links.values())
            self._links.clear()
        for link in links:
            link.close()

    @contextmanager
    def _snapshot(self, login: Login, deadline_s: float) -> Iterator[ClickHouseSnapshot]:
        link = self._link(login)
        snapshot = ClickHouseSnapshot(link, as_of=self._clock.now(), deadline_s=deadline_s)
        try:
            yield snapshot
        except SourceUnavailable:
            # The name may lead elsewhere now, or the server has other settings: looked up again the next time.
            with self._lock:
                if self._links.get(login) is link:
                    del self._links[login]
            link.close()
            raise
        finally:
            snapshot.close()

    def _link(self, login: Login) -> HttpLink:
        with self._lock:
            link = self._links.get(login)
        if link is not None:
            return link
        link = HttpLink(login, self._settings)
        with self._lock:
            kept = self._links.setdefault(login, link)
        if kept is not link:
            link.close()
        return kept


def ready_connection(settings: Settings) -> dict[str, str | int | bool] | None:
    """The connection of the ready-made source that CLICKHOUSE_HOST asks for; None where it is not set."""
    if settings.clickhouse_host is None:
        return None
    return {
        "host": settings.clickhouse_host,
        "port": settings.clickhouse_port,
        "database": _DATABASE,
        "user": "default",
        "tls": TLS_NONE,
    }


def _open(
    connection: Mapping[str, str | int | bool], secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    server, reports = logins_of(connection, secrets, port=_PORT)
    return ClickHouseConnector(server, reports, settings=settings, clock=clock)


def _suited(field: ConnectionField) -> ConnectionField:
    """A usual field with what is said of it here."""
    if field.name == "port":
        return replace(field, help="Of the HTTP interface: 8443 with TLS, 8123 without.")
    return replace(field, default=_DATABASE) if field.name == "database" else field


#: The registry entry.
CLICKHOUSE = SourceKind(
    key="clickhouse",
    label="ClickHouse",
    connection_fields=tuple(_suited(field) for field in connection_fields(port=_PORT, has_schema=False)),
    open=_open,
)
