"""The embedded ClickHouse engine under the suite of all source kinds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.catalog.sources.chdb_source import CHDB, ENGINE, connect
from core.catalog.sources.connector import Connector
from core.clock import FixedClock
from core.settings import Settings
from tests.source_benches.clickhouse_tables import ClickHouseTables
from tests.source_parts import NOW, Fault


class ChdbBench(ClickHouseTables):
    """A folder of tables in the data folder."""

    kind = "chdb"

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(data_dir=folder)
        self.data = folder / "chdb" / "shop"
        self.data.mkdir(parents=True)
        super().__init__(folder, self._run)

    def connector(self, *, folder: str = "shop") -> Connector:
        return CHDB.open({"folder": folder}, {}, self._settings, FixedClock(NOW))

    def running(self) -> int | None:
        return None

    def faults(self) -> Sequence[Fault]:
        (self.data.parent / "empty").mkdir(exist_ok=True)
        return (
            Fault(name="no folder", connector=self.connector(folder="gone"), message="There is no folder 'gone'"),
            Fault(name="no tables", connector=self.connector(folder="empty"), message="there is no table in it"),
        )

    def _run(self, sql: str) -> None:
        with ENGINE.on(self.data):
            connection = connect(self.data)
            connection.query(sql)
            connection.close()


@contextmanager
def open_bench(_request: pytest.FixtureRequest, folder: Path) -> Iterator[ChdbBench]:
    """A fresh folder."""
    yield ChdbBench(folder)
