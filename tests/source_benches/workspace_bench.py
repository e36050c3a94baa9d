"""The workspace's own activity under the suite: its connector on a database whose every table counts as a view."""

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from core.catalog.sources.connector import Connector
from core.catalog.sources.workspace_source import WorkspaceConnector
from core.clock import FixedClock
from core.db.embedded import EmbeddedPostgres
from tests.source_benches.postgresql_bench import PostgreSqlBench
from tests.source_benches.server_bench import READER_PASSWORD
from tests.source_parts import NOW, Fault


class _Everything(Container[str]):
    def __contains__(self, _name: object) -> bool:
        return True


class WorkspaceBench(PostgreSqlBench):
    """The same server and tables as PostgreSQL's bench."""

    kind = "workspace"

    def connector(self, *, password: str = READER_PASSWORD, **given: str | int | bool) -> Connector:
        conninfo = make_conninfo(
            host="127.0.0.1",
            port=int(given.get("port", self.port)),
            dbname=str(given.get("database", self.database)),
            user=str(given.get("user", self.reader)),
            password=password,
        )
        opened = WorkspaceConnector(conninfo, "", clock=FixedClock(NOW), views=_Everything())
        self._opened.append(opened)
        return opened

    def faults(self) -> Sequence[Fault]:
        away = "does not answer"
        return (
            Fault(name="refused", connector=self.connector(port=1), message=away),
            Fault(name="password", connector=self.connector(password="wrong"), message=away),
            Fault(name="database", connector=self.connector(database="nope"), message=away),
            Fault(name="no views", connector=self.connector(database="template1"), message="views .* are missing"),
        )


@contextmanager
def open_bench(request: pytest.FixtureRequest, folder: Path) -> Iterator[PostgreSqlBench]:
    """The bench on the server that all tests share."""
    server: EmbeddedPostgres = request.getfixturevalue("postgres")
    with WorkspaceBench(server, folder) as bench:
        yield bench
