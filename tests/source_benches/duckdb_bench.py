"""A DuckDB file under the suite of all source kinds; a file written anew is what an open source sees next."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from core.catalog.sources.connector import Connector
from core.catalog.sources.duckdb_files import FILES
from core.catalog.sources.duckdb_source import DUCKDB
from core.clock import FixedClock
from core.domain.field import FieldType
from core.domain.relation import SourceColumn
from core.settings import Settings
from tests.source_parts import NOW, Fault, Reference, Traits

TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.INTEGER: "BIGINT",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "TIMESTAMPTZ",
}
ENDLESS = "SELECT sum(hash(a.range + b.range)) FROM range(10000000) AS a, range(10000000) AS b"
ENDLESS_ROWS = "SELECT a.range + b.range AS g FROM range(10000000) AS a, range(10000000) AS b"
WRITES = (
    "INSERT INTO target VALUES (1) RETURNING n",
    "DELETE FROM target RETURNING n",
    "UPDATE target SET n = 2 RETURNING n",
    "CREATE TABLE other (n INTEGER)",
    "CREATE TEMPORARY TABLE other (n INTEGER)",
    "DROP TABLE target",
    "COPY target TO '/tmp/broadsheet-target.csv'",
    "ATTACH '/tmp/broadsheet-other.duckdb' AS other",
    "SET enable_external_access = true",
    "SELECT 1; DROP TABLE target",
    "COMMIT",
    "INSTALL httpfs",
    "PRAGMA enable_profiling",
    "EXPORT DATABASE '/tmp/broadsheet-export'",
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def type_of(column: SourceColumn) -> str:
    if column.type is FieldType.DECIMAL:
        return "DOUBLE" if column.scale is None else f"DECIMAL(38, {column.scale})"
    return TYPES[column.type]


def insert(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows as a whole: one by one takes minutes."""
    columns = [pa.array(values) for values in zip(*rows, strict=True)]
    connection.register("given", pa.table(columns, names=[f"c{place}" for place in range(len(columns))]))
    connection.execute(f"INSERT INTO {quoted(name)} SELECT * FROM given")
    connection.unregister("given")


class DuckDbBench:
    """One file, swapped for a changed copy at each write: a writer cannot open it while it is read."""

    kind = "duckdb"
    traits = Traits(
        endless=ENDLESS, endless_rows=ENDLESS_ROWS, writes=WRITES, writable_while_open=True, has_row_key=True
    )

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "bench.duckdb"
        self.execute("CREATE TABLE anything (n INTEGER)")

    def connector(self) -> Connector:
        return self._open(self._path)

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
        parts = [f"{quoted(column.name)} {type_of(column)}" for column in columns]
        if primary_key:
            parts.append(f"PRIMARY KEY ({_names(primary_key)})")
        parts += [
            f"FOREIGN KEY ({_names(key.columns)}) REFERENCES {quoted(key.table)} ({_names(key.target_columns)})"
            for key in references
        ]
        with self._changed() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
            connection.execute(f"CREATE TABLE {quoted(name)} ({', '.join(parts)})")
            if comment:
                connection.execute(f"COMMENT ON TABLE {quoted(name)} IS {_text(comment)}")
            for column, words in (comments or {}).items():
                connection.execute(f"COMMENT ON COLUMN {quoted(name)}.{quoted(column)} IS {_text(words)}")
        self.insert(name, rows)

    def insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            with self._changed() as connection:
                insert(connection, name, rows)

    def execute(self, sql: str) -> None:
        with self._changed() as connection:
            connection.execute(sql)

    def running(self) -> int | None:
        return None

    def faults(self) -> Sequence[Fault]:
        text = self._folder / "text.duckdb"
        text.write_text("not a database")
        return (
            Fault(name="no file", connector=self._open(self._folder / "gone.duckdb"), message="does not exist"),
            Fault(name="another file", connector=self._open(text), message="not a DuckDB database"),
            Fault(name="a folder", connector=self._open(self._folder), message="is not a file"),
        )

    def _open(self, path: Path) -> Connector:
        return DUCKDB.open({"path": str(path)}, {}, Settings(data_dir=self._folder), FixedClock(NOW))

    @contextmanager
    def _changed(self) -> Iterator[duckdb.DuckDBPyConnection]:
        copy = self._folder / "next.duckdb"
        if self._path.exists():
            shutil.copyfile(self._path, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        copy.replace(self._path)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(quoted, columns))


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


@contextmanager
def open_bench(request: pytest.FixtureRequest, folder: Path) -> Iterator[DuckDbBench]:
    yield DuckDbBench(folder)
    FILES.close()
