"""One read-only database handle per DuckDB file and process, opened again when the file was swapped."""

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import duckdb

from core.domain.relation import TableOrigin
from core.errors import SourceUnavailable

_log = logging.getLogger(__name__)

#: Name the file is attached under; long enough that no schema inside a file bears it.
CATALOG = "broadsheet_source"
#: Memory of one handle; beyond it sorts and groupings spill to disk.
_MEMORY_LIMIT = "1GB"
_OPEN_ATTEMPTS = 3

_Identity = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handle:
    """An open database and the state of the file it was opened from."""

    connection: duckdb.DuckDBPyConnection
    identity: _Identity
    row_keys: dict[TableOrigin, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCursor:
    """A cursor on a file, and what was asked of the same state of that file before."""

    connection: duckdb.DuckDBPyConnection
    row_keys: dict[TableOrigin, str | None]  #: the column that numbers a table's rows, None where there is none


class DuckDbFiles:
    """Hands out cursors. A file that was swapped is opened anew; cursors on the old one go on undisturbed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: dict[Path, _Handle] = {}

    def cursor(self, path: Path, *, spill_dir: Path) -> FileCursor:
        """Return a cursor on the file as it is now. Raises SourceUnavailable. The caller closes it."""
        path = path.expanduser().absolute()
        with self._lock:
            handle = self._current(path, spill_dir)
            cursor = handle.connection.cursor()
        cursor.execute(f"USE {CATALOG}")
        return FileCursor(connection=cursor, row_keys=handle.row_keys)

    def close(self) -> None:
        """Let go of every file; cursors that are open end too."""
        with self._lock:
            for handle in self._handles.values():
                handle.connection.close()
            self._handles.clear()

    def _current(self, path: Path, spill_dir: Path) -> _Handle:
        known = self._handles.get(path)
        identity = _identity(path)
        if known is not None and known.identity == identity:
            return known
        for _ in range(_OPEN_ATTEMPTS):
            connection = _open(path, spill_dir)
            # The file may have been swapped between looking and opening: then what is open is not what was seen.
            if (after := _identity(path)) == identity:
                break
            connection.close()
            identity = after
        else:
            raise SourceUnavailable(f"The file '{path.name}' keeps changing. Try again when its load has ended.")
        # The handle of the old file is dropped, not closed: closing would end the cursors that still read from it.
        self._handles[path] = handle = _Handle(connection=connection, identity=identity)
        return handle


#: The process's handles.
FILES = DuckDbFiles()


def _identity(path: Path) -> _Identity:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise SourceUnavailable(f"The file '{path.name}' does not exist on the server.") from error
    except OSError as error:
        raise SourceUnavailable(f"The file '{path.name}' cannot be read: {error.strerror}.") from error
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _open(path: Path, spill_dir: Path) -> duckdb.DuckDBPyConnection:
    """Attach the file to a database of its own in memory.

    A plain `connect(path)` would hand back the old database while any cursor on it lives: DuckDB keeps one instance
    per path and process, whatever happened to the file.
    """
    if not path.is_file():
        raise SourceUnavailable(f"'{path.name}' is not a file.")
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"ATTACH {_literal(path)} AS {CATALOG} (READ_ONLY)")
        shut_in(connection, spill_dir)
    except duckdb.Error as error:
        connection.close()
        _log.warning("duckdb_open_failed file=%s error=%s", path.name, type(error).__name__)
        raise SourceUnavailable(_reason(path, str(error))) from error
    return connection


def shut_in(connection: duckdb.DuckDBPyConnection, spill_dir: Path) -> None:
    """Bound the engine's memory, and close everything to it for good but what is attached or allowed by now."""
    spill_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{_MEMORY_LIMIT}'")
    # A folder each: handles of several processes would write spill files of the same names.
    connection.execute(f"SET temp_directory = {_literal(spill_dir / uuid4().hex)}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _reason(path: Path, message: str) -> str:
    """What is wrong with the file, in plain words."""
    if "lock" in message.lower():
        return f"The file '{path.name}' is being written by another program. Try again when it has finished."
    if "not a valid" in message or "version" in message:
        return f"The file '{path.name}' is not a DuckDB database, is damaged, or was written by a newer DuckDB."
    return f"The file '{path.name}' cannot be opened."
