"""Kept uploads under the suite of all source kinds: a table for each file, more rows in files of their own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.catalog.sources.connector import Connector
from core.catalog.sources.file_source import FILE, UPLOADS, FileConnector
from core.clock import FixedClock
from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from core.settings import Settings
from tests.source_benches.duckdb_bench import ENDLESS, ENDLESS_ROWS, WRITES, insert, quoted, type_of
from tests.source_parts import NOW, Fault, Reference, Traits


class FileBench:
    """A folder of Parquet files. What an upload makes is one table; the suite asks for several at a time."""

    kind = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._columns: dict[str, Sequence[SourceColumn]] = {}
        self._tables: dict[str, tuple[Path, ...]] = {}
        outside = folder / "outside.parquet"
        duckdb.sql("SELECT 42 AS secret").write_parquet(str(outside))
        self.make_table("anything", (SourceColumn(name="n", type=FieldType.INTEGER),))
        own = self._tables["anything"][0]
        self.traits = Traits(
            endless=ENDLESS,
            endless_rows=ENDLESS_ROWS,
            writes=(
                *WRITES,
                f"COPY (SELECT 9 AS n) TO '{own}' (FORMAT parquet, USE_TMP_FILE false)",
                f"SELECT * FROM read_parquet('{outside}')",
                f"SELECT * FROM read_blob('{outside}')",
                f"SELECT * FROM glob('{folder}/*')",
                f"SELECT * FROM '{own.parent}/../outside.parquet'",
                "SET allowed_paths = ['/etc/passwd']",
                "SELECT * FROM read_csv('/etc/passwd')",
                "SELECT * FROM 'https://example.com/data.parquet'",
            ),
            writable_while_open=False,
            keeps_keys=False,
            keeps_comments=False,
            has_row_key=True,
        )

    def connector(self) -> Connector:
        return _Current(self)

    @property
    def files(self) -> Mapping[str, tuple[Path, ...]]:
        """The files of the tables made until now."""
        return dict(self._tables)

    def opened(self, tables: Mapping[str, tuple[Path, ...]]) -> Connector:
        return FileConnector(tables, spill_dir=self._folder / "spill", clock=FixedClock(NOW))

    def make_table(
        self,
        name: str,
        columns: Sequence[SourceColumn],
        rows: Sequence[tuple[Any, ...]] = (),
        *,
        primary_key: tuple[str, ...] = (),
        references: Sequence[Reference] = (),
        comment: str = "",
        comments: dict[str, str] | None = None,
    ) -> None:
        self._columns[name] = columns
        self._tables[name] = ()
        self.insert(name, rows)

    def insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        path = self._folder / f"it's {len(list(self._folder.iterdir()))}.parquet"
        columns = ", ".join(f"{quoted(each.name)} {type_of(each)}" for each in self._columns[name])
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"CREATE TABLE made ({columns})")
            if rows:
                insert(connection, "made", rows)
            connection.table("made").write_parquet(str(path))
        self._tables[name] = (*self._tables[name], path)

    def execute(self, sql: str) -> None:
        raise NotImplementedError("files have no engine of their own")

    def running(self) -> int | None:
        return None

    def faults(self) -> Sequence[Fault]:
        folder = self._folder / UPLOADS / "broken"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "1.parquet").write_text("not Parquet")
        return (
            Fault(name="no file", connector=self._of("gone"), message="not in the data folder any more"),
            Fault(name="a damaged file", connector=self._of("broken"), message="cannot be read any more"),
        )

    def _of(self, folder: str) -> Connector:
        connection: dict[str, str | int | bool] = {"folder": folder, "table": "t", "files": "1"}
        return FILE.open(connection, {}, Settings(data_dir=self._folder), FixedClock(NOW))


class _Current:
    """What an open source is to its callers: after each change another connector, over the files there are then."""

    def __init__(self, bench: FileBench) -> None:
        self._bench = bench
        self._files: Mapping[str, tuple[Path, ...]] = {}
        self._opened: Connector | None = None

    def __getattr__(self, name: str) -> Any:
        files = self._bench.files
        if self._opened is None or files != self._files:
            self._files, self._opened = files, self._bench.opened(files)
        return getattr(self._opened, name)


@contextmanager
def open_bench(request: pytest.FixtureRequest, folder: Path) -> Iterator[FileBench]:
    yield FileBench(folder)
