"""The cells of a file as texts, in an engine that reads nothing but them."""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from core.catalog.uploads.form import quoted
from core.catalog.uploads.limits import UploadLimits
from core.domain.field import FieldType
from core.errors import InvalidUpload

#: Folder of what the engine has no memory for.
SPILL = "spill"
#: Name of the table with the columns c0, c1, …, all of them texts.
TABLE = "cells"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What the file itself says of a column."""

    allowed: frozenset[FieldType] | None = None  #: types a guess may come to; TEXT always; None: all
    is_plain: bool = False  #: numbers that are numbers in the file: long ones and leading zeros are no identifiers
    is_floating: bool = False  #: numbers that are floating in the file stay so
    is_percent: bool = False  #: shown as percentages, the value being the fraction
    unit: str | None = None  #: currency it is shown in
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a reader made of a file besides the table."""

    headings: tuple[str, ...]  #: as they stand in the file, empty and double ones included
    hints: tuple[Hint, ...] = ()  #: one a column, or none at all
    options: dict[str, object] = field(default_factory=dict)  #: options found out
    sheets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def open_engine(folder: Path, limits: UploadLimits) -> duckdb.DuckDBPyConnection:
    """An engine that may read and write below `folder` only, and spills there."""
    connection = duckdb.connect(":memory:", config={"threads": 2})
    for setting in (
        "TimeZone = 'UTC'",
        f"memory_limit = '{limits.engine_bytes // 1024}KiB'",
        f"temp_directory = {quoted(str(folder / SPILL))}",
        f"max_temp_directory_size = '{limits.unpacked_bytes // 1024}KiB'",
        f"allowed_directories = [{quoted(str(folder))}]",
        "autoinstall_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def cell_names(count: int) -> list[str]:
    """Names of the table's columns."""
    return [f"c{index}" for index in range(count)]


def check_size(connection: duckdb.DuckDBPyConnection, columns: int, limits: UploadLimits) -> int:
    """Return how many rows the table has. Raises InvalidUpload for too many cells."""
    found = connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()  # noqa: S608 - a constant
    rows = int(found[0]) if found else 0
    check_cells(rows, columns, limits.cells)
    return rows


def check_columns(columns: int, limits: UploadLimits) -> None:
    """Raise InvalidUpload for too many columns, or none."""
    if columns == 0:
        raise InvalidUpload("There are no columns in the file.")
    if columns > limits.columns:
        raise InvalidUpload(f"The file has {columns:,} columns; at most {limits.columns:,} can be read.")


def counted(number: int, noun: str) -> str:
    """As in "1 row" and "1,200 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def check_cells(rows: int, columns: int, most: int) -> None:
    """Raise InvalidUpload for too many cells."""
    if rows * columns > most:
        raise InvalidUpload(
            f"The file has more than {rows:,} rows of {columns:,} columns; at most {most:,} cells can be read. "
            "Leave out columns, or load it into a database and connect that."
        )
