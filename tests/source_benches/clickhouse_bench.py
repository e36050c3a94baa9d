"""ClickHouse over HTTP under the suite of all source kinds: the stand-in for a server, and a user that may read."""

import json
import socket
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.catalog.sources.clickhouse_source import CLICKHOUSE
from core.catalog.sources.connector import Connector
from core.clock import FixedClock
from core.settings import Settings
from tests.clickhouse_server import OWNER, READER, READER_PASSWORD, running_server
from tests.source_benches.clickhouse_tables import ClickHouseTables
from tests.source_parts import NOW, Fault

_RUNNING = "SELECT count() AS n FROM system.processes WHERE query NOT LIKE '%system.processes%' FORMAT JSONEachRow"


class ClickHouseBench(ClickHouseTables):
    """A server."""

    kind = "clickhouse"

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        super().__init__(folder, lambda sql: self.ask(sql) and None)
        self.ask("CREATE TABLE anything (n Int64) ENGINE = Memory")

    def ask(self, sql: str) -> bytes:
        """Run a statement as the owner."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=sql.encode())
        request.add_header("Authorization", "Basic " + b64encode(f"{OWNER}:".encode()).decode())
        with urllib.request.urlopen(request) as answer:
            body: bytes = answer.read()
        return body

    def connector(
        self, *, password: str = READER_PASSWORD, allowed: str = "127.0.0.1", **given: str | int | bool
    ) -> Connector:
        connection = {
            "host": "127.0.0.1",
            "port": self.port,
            "database": "default",
            "user": READER,
            "tls": "none",
            **given,
        }
        settings = Settings(data_dir=self._folder / "data", allow_private_hosts=(allowed,))
        opened = CLICKHOUSE.open(connection, {"password": password}, settings, FixedClock(NOW))
        self._opened.append(opened)
        return opened

    def running(self) -> int | None:
        return int(json.loads(self.ask(_RUNNING))["n"])

    def faults(self) -> Sequence[Fault]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            closed = free.getsockname()[1]
        return (
            Fault(name="password", connector=self.connector(password="wrong"), message="refuses the user or the pass"),
            Fault(name="user", connector=self.connector(user="nobody"), message="refuses the user or the password"),
            Fault(name="database", connector=self.connector(database="gone"), message="no database 'gone'"),
            Fault(name="port", connector=self.connector(port=closed), message=f"Nothing answers at .*:{closed}"),
            Fault(name="guard", connector=self.connector(allowed="10.0.0.1"), message="private network"),
            Fault(name="profile", connector=self.connector(user="bound", password=""), message="readonly = 2"),
            Fault(name="no TLS", connector=self.connector(tls="verify"), message="No encrypted connection"),
        )


@contextmanager
def open_bench(_request: pytest.FixtureRequest, folder: Path) -> Iterator[ClickHouseBench]:
    """A fresh server."""
    with running_server(folder / "server") as port:
        bench = ClickHouseBench(folder, port)
        yield bench
        for connector in bench._opened:
            connector.close()
