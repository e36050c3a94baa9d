"""What the benches of database servers have in common: a database, and connectors of a user that may only read it."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from core.catalog.sources.connector import Connector, SourceKind
from core.clock import FixedClock
from core.settings import Settings
from tests.source_parts import NOW, Fault

READER_PASSWORD = "it's a \\ reader's"


class ServerBench:
    """A database, its owner and a user that may only read it."""

    def __init__(self, source: SourceKind, *, port: int, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self.port = port
        self.database = f"source_{secrets.token_hex(4)}"
        self.reader = f"reader_{secrets.token_hex(4)}"
        self._opened: list[Connector] = []

    def __exit__(self, *_: object) -> None:
        for connector in self._opened:
            connector.close()

    def connector(self, *, password: str = READER_PASSWORD, **given: str | int | bool) -> Connector:
        connection: Mapping[str, str | int | bool] = {
            "host": "127.0.0.1",
            "port": self.port,
            "database": self.database,
            "user": self.reader,
            "tls": "none",
            **given,
        }
        settings = Settings(data_dir=self._folder, allow_private_hosts=("127.0.0.1", "localhost"))
        opened = self._source.open(connection, {"password": password}, settings, FixedClock(NOW))
        self._opened.append(opened)
        return opened

    def common_faults(self) -> tuple[Fault, ...]:
        """Those of every server."""
        return (
            Fault(name="unknown host", connector=self.connector(host="no-such-host.invalid"), message="was not found"),
            Fault(name="refused", connector=self.connector(port=1), message="refuses connections"),
            Fault(name="private", connector=self.connector(host="10.1.2.3"), message="private network"),
            Fault(name="TLS", connector=self.connector(tls="verify"), message="does not offer TLS"),
            Fault(name="password", connector=self.connector(password="wrong"), message="the password is wrong"),
        )
