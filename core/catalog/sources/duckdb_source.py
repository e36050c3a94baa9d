"""DuckDB files as a source: read-only, one transaction per snapshot, rows streamed as Arrow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Dialect

from core.catalog.sources.connector import ConnectionField, Connector, SourceKind, TableDraft
from core.catalog.sources.duckdb_catalog import read_catalog
from core.catalog.sources.duckdb_files import FILES
from core.catalog.sources.duckdb_snapshot import DuckDbSnapshot
from core.catalog.sources.duckdb_sql import DIALECT, DuckDbFunctions
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.errors import InvalidInput, SourceUnavailable
from core.settings import Settings

_TEST_DEADLINE_S = 30.0


class DuckDbConnector:
    """A DuckDB file. Connecting happens at the first question; all connectors of a path share one handle."""

    has_snapshot = True

    def __init__(self, path: Path, *, spill_dir: Path, clock: Clock) -> None:
        self._path = path
        self._spill_dir = spill_dir
        self._clock = clock

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
        """One read-only transaction on the file as it is now."""
        cursor = FILES.cursor(self._path, spill_dir=self._spill_dir)
        snapshot = DuckDbSnapshot(cursor, as_of=self._clock.now(), deadline_s=deadline_s)
        try:
            cursor.connection.execute("BEGIN TRANSACTION READ ONLY")
            yield snapshot
        finally:
            snapshot.close()

    def test(self) -> None:
        """Open the file and look for tables in it."""
        if not self.introspect():
            raise SourceUnavailable(f"The file '{self._path.name}' can be opened, but there is no table in it.")

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the catalog of the file."""
        with self.snapshot(deadline_s=_TEST_DEADLINE_S) as snapshot:
            return read_catalog(snapshot.fetch, table)

    def close(self) -> None:
        """Nothing: the handle belongs to all connectors of the path, and each snapshot closes its own cursor."""


def _open(
    connection: Mapping[str, str | int | bool], _secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    path = allowed_path(str(connection["path"]), settings)
    return DuckDbConnector(path, spill_dir=settings.data_dir / "spill", clock=clock)


def allowed_path(typed: str, settings: Settings) -> Path:
    """Return where a typed path leads; a relative one lies in the data folder. Raises InvalidInput.

    Only files in the data folder and in SOURCE_FOLDERS can be sources, wherever links point: who may manage data in one
    organization does not thereby read every file of the server.
    """
    path = (settings.data_dir / typed).resolve()
    folders = (settings.data_dir, *settings.source_folders)
    if not any(path.is_relative_to(folder.expanduser().resolve()) for folder in folders):
        raise InvalidInput(
            "The file lies outside the folders that sources may come from. Put it into the data folder, or have its "
            "folder added to SOURCE_FOLDERS.",
            place="connection.path",
        )
    return path


#: The registry entry.
DUCKDB = SourceKind(
    key="duckdb",
    label="DuckDB file",
    connection_fields=(
        ConnectionField(
            name="path",
            label="Path",
            help="Path of the .duckdb file on the server, inside the data folder or one of SOURCE_FOLDERS.",
        ),
    ),
    is_on_server=True,
    open=_open,
)
