"""Kept uploads as a source: Parquet files that read as one table, through an engine that can read nothing else.

What a source consists of stands in its connection, so swapping files is one write of its row: queries that run go on
with the files they began with.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from sqlalchemy import Dialect

from core.catalog.sources.connector import ConnectionField, Connector, SourceKind, TableDraft
from core.catalog.sources.duckdb_catalog import read_catalog
from core.catalog.sources.duckdb_files import CATALOG, FileCursor, shut_in
from core.catalog.sources.duckdb_snapshot import DuckDbSnapshot
from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.errors import SourceUnavailable
from core.settings import Settings

#: The folder in the data folder that uploads are kept in.
UPLOADS = "uploads"
#: A hidden column that numbers the rows in the order of the files.
ROW_KEY = "broadsheet row"
_ROW_BITS = 40
_TEST_DEADLINE_S = 30.0


class FileSnapshot(DuckDbSnapshot):
    """A state of the files."""

    def row_key(self, table: TableOrigin) -> str | None:  # noqa: ARG002 - every table has it
        """The row's number, in the order in which the files are read."""
        return ROW_KEY


class FileConnector:
    """Files by the table they make together, opened at the first question.

    Where some files of a table lack a column, it is empty in their rows.
    """

    has_snapshot = True

    def __init__(self, tables: Mapping[str, tuple[Path, ...]], *, spill_dir: Path, clock: Clock) -> None:
        self._tables = tables
        self._spill_dir = spill_dir
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def dialect(self) -> Dialect:
        """DuckDB's dialect with `$n` placeholders."""
        return DIALECT

    @property
    def functions(self) -> SqlFunctions:
        """DuckDB's own SQL."""
        return DuckDbFunctions()

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[DuckDbSnapshot]:
        """The files never change, only which of them the source consists of."""
        with self._lock:
            if self._connection is None:
                self._connection = _open(self._tables, self._spill_dir)
            cursor = self._connection.cursor()
        cursor.execute(f"USE {CATALOG}")
        file = FileCursor(connection=cursor, row_keys={})
        snapshot = FileSnapshot(file, as_of=self._clock.now(), deadline_s=deadline_s)
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield snapshot
        finally:
            snapshot.close()

    def test(self) -> None:
        """Open the files."""
        self.introspect()

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """The tables, their rows counted by the files themselves."""
        with self.snapshot(deadline_s=_TEST_DEADLINE_S) as snapshot:
            drafts = read_catalog(snapshot.fetch, table)
        return tuple(
            replace(
                draft,
                is_view=False,
                row_estimate=sum(pq.read_metadata(path).num_rows for path in self._tables[draft.table_name]),
                fields=tuple(field for field in draft.fields if field.name != ROW_KEY),
            )
            for draft in drafts
        )

    def close(self) -> None:
        """Let go of the engine; cursors that are open keep it until they end."""
        with self._lock:
            self._connection = None


def file_paths(connection: Mapping[str, str | int | bool], data_dir: Path) -> tuple[Path, ...]:
    """The files a source consists of now, in their order."""
    folder = data_dir / UPLOADS / str(connection["folder"])
    return tuple(folder / f"{int(number)}.parquet" for number in str(connection["files"]).split())


def _open(tables: Mapping[str, tuple[Path, ...]], spill_dir: Path) -> duckdb.DuckDBPyConnection:
    if not all(paths and all(path.is_file() for path in paths) for paths in tables.values()):
        raise SourceUnavailable("The uploaded file is not in the data folder any more. Upload it again.")
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        connection.execute(f"SET allowed_paths = {_list(path for paths in tables.values() for path in paths)}")
        for name, paths in tables.items():
            connection.execute(
                f"CREATE VIEW {CATALOG}.main.{_identifier(name)} AS "  # noqa: S608 - quoted
                f"SELECT *, (file_index::BIGINT << {_ROW_BITS}) + file_row_number AS {_identifier(ROW_KEY)} "
                f"FROM read_parquet({_list(paths)}, union_by_name = true)"
            )
        shut_in(connection, spill_dir)
    except duckdb.Error as error:
        connection.close()
        raise SourceUnavailable("The uploaded file cannot be read any more. Upload it again.") from error
    return connection


def _list(paths: Iterable[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _from_registry(
    connection: Mapping[str, str | int | bool], _secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    return FileConnector(
        {str(connection["table"]): file_paths(connection, settings.data_dir)},
        spill_dir=settings.data_dir / "spill",
        clock=clock,
    )


#: The registry entry; uploading makes sources of it.
FILE = SourceKind(
    key="file",
    label="Uploaded file",
    connection_fields=(
        ConnectionField(name="folder", label="Folder", help="Below the folder of uploads."),
        ConnectionField(name="table", label="Table", help="Name of the table that the files make."),
        ConnectionField(name="files", label="Files", help="Numbers of the files, in their order."),
    ),
    open=_from_registry,
    is_offered=False,
)
