"""The embedded ClickHouse engine as a source, for local use and tests: a folder of tables, read in this process.

One folder is open in a process at a time, and one process has a folder open at a time: the engine locks it. So it is
open only while a snapshot is, and who finds it taken waits for a while. Opening takes about 20 ms.
"""

import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Dialect

from core.catalog.sources.clickhouse_catalog import read_catalog
from core.catalog.sources.clickhouse_dialect import DIALECT
from core.catalog.sources.clickhouse_results import BACKSTOP_S, SETTINGS, error_code, parameter_values, translated
from core.catalog.sources.clickhouse_snapshot import ClickHouseSnapshot
from core.catalog.sources.clickhouse_sql import ClickHouseFunctions
from core.catalog.sources.connector import CompiledQuery, ConnectionField, Connector, SourceKind, TableDraft
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.relation import TableOrigin
from core.errors import InvalidInput, QueryFailed, SourceBusy, SourceUnavailable
from core.settings import Settings

_log = logging.getLogger(__name__)

_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,62}")
_DATABASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
#: INTO OUTFILE is carried out by the library itself, whatever `readonly` says.
_WRITES_FILES = re.compile(r"\boutfile\b", re.IGNORECASE)
_CATALOG_DEADLINE_S = 60.0
_WAIT_S = 10.0
_LOOK_EVERY_S = 0.05
_MEMORY_BYTES = 1_000_000_000
#: After these the connection can change no setting any more, and can neither write nor reach files and other hosts.
_LAST_SETTINGS = {"readonly": "1"}


class _Engine:
    """The engine of this process: which folder it has open, and for how many."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._folder: Path | None = None
        self._users = 0
        self._keeper: Any = None

    @contextmanager
    def on(self, folder: Path, *, wait_s: float = _WAIT_S) -> Iterator[None]:
        """Have the folder open inside. Raises SourceBusy and SourceUnavailable."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._folder in (None, folder), timeout=wait_s):
                raise SourceBusy("The embedded ClickHouse engine reads one folder at a time, now another one.")
            self._folder = folder
            self._users += 1
        try:
            self._open(folder, wait_s)
            yield
        finally:
            with self._changed:
                self._users -= 1
                if not self._users:
                    if self._keeper is not None:
                        self._keeper.close()
                    self._folder = self._keeper = None
                    self._changed.notify_all()

    def _open(self, folder: Path, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        with self._changed:
            while self._keeper is None:
                try:
                    self._keeper = connect(folder)
                except RuntimeError as error:
                    _log.info("chdb_open_failed error=%s", type(error).__name__)
                    if time.monotonic() >= until:
                        raise SourceBusy(
                            f"The folder '{folder.name}' is open in another process, or holds no ClickHouse data. "
                            "Try again in a moment."
                        ) from error
                    self._changed.wait(_LOOK_EVERY_S)


#: The process's engine.
ENGINE = _Engine()


def connect(folder: Path) -> Any:
    """A connection of the engine to a folder. The library takes a second to load, so that it is loaded here."""
    from chdb.state import connect as open_connection

    return open_connection(str(folder))


class _Batches:
    """The chunks of an answer; each is a whole Arrow stream."""

    def __init__(self, connection: Any, query: CompiledQuery, parameters: dict[str, str]) -> None:
        self._connection = connection
        self._query = query
        self._parameters = parameters
        with _errors():
            self.chunks = connection.send_query(query.sql, "ArrowStream", params=parameters)
        self._waiting: list[pa.RecordBatch] = []
        self._first: pa.Table | None = None

    def schema(self) -> pa.Schema:
        """Of the first chunk. An empty answer has none: it is asked for once more, without rows."""
        first = self._chunk()
        if first is None:
            sql = f"SELECT * FROM (\n{self._query.sql}\n) LIMIT 0"  # noqa: S608 - the query itself
            with _errors():
                answer = self._connection.query(sql, "ArrowStream", params=self._parameters)
                return pa.ipc.open_stream(answer.bytes()).schema
        self._waiting = first.to_batches()
        return first.schema

    def next(self) -> pa.RecordBatch | None:
        """The next batch with rows."""
        while not self._waiting:
            chunk = self._chunk()
            if chunk is None:
                return None
            self._waiting = chunk.to_batches()
        return self._waiting.pop(0)

    def _chunk(self) -> pa.Table | None:
        with _errors():
            chunk = self.chunks.fetch()
            return None if chunk is None else pa.ipc.open_stream(chunk.bytes()).read_all()


@contextmanager
def _errors() -> Iterator[None]:
    """The engine's errors as ours."""
    try:
        yield
    except (RuntimeError, pa.ArrowException) as error:
        raise translated(error_code(str(error))) from error


class _Link:
    """Queries of one folder. Each has a connection of its own: after an error one hands out what was left over."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database

    @contextmanager
    def run(self, query: CompiledQuery, *, mark: str, deadline_s: float) -> Iterator[_Batches]:
        """Run a query; its mark is its comment in the list of what runs."""
        if _WRITES_FILES.search(query.sql):
            raise QueryFailed("The query may not write files.")
        limits = {
            "max_execution_time": str(deadline_s + BACKSTOP_S),
            "max_memory_usage": str(_MEMORY_BYTES),
            "log_comment": mark,
        }
        connection = connect(self._folder)
        try:
            with _errors():
                connection.query(f'USE "{self._database}"')
                connection.query(_set({**SETTINGS, **limits}))
                connection.query(_set(_LAST_SETTINGS))
            batches = _Batches(connection, query, _texts(query.parameters))
            try:
                yield batches
            finally:
                batches.chunks.close()
        finally:
            connection.close()

    def stop(self, mark: str) -> None:
        """KILL QUERY."""
        connection = connect(self._folder)
        try:
            connection.query(f"KILL QUERY WHERE Settings['log_comment'] = '{mark}' ASYNC")
        finally:
            connection.close()


def _set(settings: Mapping[str, str]) -> str:
    return "SET " + ", ".join(f"{name} = '{value}'" for name, value in settings.items())


def _texts(values: tuple[object, ...]) -> dict[str, str]:
    """Parameters in the form that both ways take."""
    from clickhouse_connect.driver.binding import format_bind_value

    return {name: str(format_bind_value(value)) for name, value in parameter_values(values).items()}


class ChdbConnector:
    """A folder of the embedded engine."""

    has_snapshot = False

    def __init__(self, folder: Path, *, database: str, clock: Clock) -> None:
        self._folder = folder
        self._database = database
        self._clock = clock

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
        if not self._folder.is_dir():
            raise SourceUnavailable(f"There is no folder '{self._folder.name}' of ClickHouse data on the server.")
        with ENGINE.on(self._folder):
            link = _Link(self._folder, self._database)
            snapshot = ClickHouseSnapshot(link, as_of=self._clock.now(), deadline_s=deadline_s)
            try:
                yield snapshot
            finally:
                snapshot.close()

    def test(self) -> None:
        """Open the folder and look for tables in it."""
        if not self.introspect():
            raise SourceUnavailable(f"The folder '{self._folder.name}' can be opened, but there is no table in it.")

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Read the catalog of the engine."""
        with self.snapshot(deadline_s=_CATALOG_DEADLINE_S) as snapshot:
            return read_catalog(snapshot.fetch, self._database, table)

    def close(self) -> None:
        """Nothing: the engine is open only while a snapshot is."""


def _open(
    connection: Mapping[str, str | int | bool], _secrets: Mapping[str, str], settings: Settings, clock: Clock
) -> Connector:
    folder, database = str(connection["folder"]), str(connection.get("database") or "default")
    if not _FOLDER.fullmatch(folder):
        raise InvalidInput("It is the name of a folder: letters, digits, dots and dashes.", place="folder")
    if not _DATABASE.fullmatch(database):
        raise InvalidInput("It is the name of a database: letters, digits and underscores.", place="database")
    return ChdbConnector((settings.data_dir / "chdb" / folder).absolute(), database=database, clock=clock)


#: The registry entry.
CHDB = SourceKind(
    key="chdb",
    label="ClickHouse (embedded)",
    connection_fields=(
        ConnectionField(name="folder", label="Folder", help="Name of a folder inside the data folder's `chdb`."),
        ConnectionField(name="database", label="Database", default="default", is_required=False),
    ),
    is_on_server=True,
    open=_open,
    is_offered=find_spec("chdb") is not None,
)
