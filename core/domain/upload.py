"""Uploads: how a file that a person brings is read, and what was read of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import pyarrow as pa

from core.domain.field import FieldType


class DateOrder(StrEnum):
    """How days written with numbers only are meant where their year comes last."""

    DAY_FIRST = "day_first"  #: 23.11.2026
    MONTH_FIRST = "month_first"  #: 11/23/2026


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnChoice:
    """What a person chose for a column; what is None stays as guessed."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    heading: str  #: the column's name as read from the file
    name: str | None = None  #: the name it is kept under
    type: FieldType | None = None
    is_left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """How a file is read; what is None is guessed."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    sheet: str | None = None  #: XLSX: the sheet's name
    delimiter: str | None = None  #: text tables: one character
    encoding: str | None = None  #: text files: utf-8, utf-16, windows-1252 or another one that Python knows
    has_header: bool | None = None  #: whether the first row names the columns
    skip_rows: int | None = None  #: rows above the header or the first row that are left out
    decimal: str | None = None  #: the decimal sign in texts: a point or a comma
    date_order: DateOrder | None = None
    timezone: str | None = None  #: of times without an offset; None: UTC
    empty_words: tuple[str, ...] = ()  #: texts that stand for an empty cell, such as "n/a"
    columns: tuple[ColumnChoice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn:
    """A column as it was read."""

    heading: str  #: its name as read from the file, made unique
    name: str  #: the name it is kept under
    type: FieldType
    scale: int | None = None  #: digits after the point of exact numbers
    unit: str | None = None  #: of money: EUR
    is_percent: bool = False  #: 12.5% was read as 0.125
    note: str = ""  #: why this type, and what to look at
    filled: int = 0  #: cells with a value
    empty: int = 0  #: cells without one
    unreadable: int = 0  #: cells that cannot be read as the type; they are empty
    examples: tuple[str, ...] = ()  #: some of those


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of an upload: nothing of it is used before it is kept."""

    upload_id: UUID
    file_name: str
    format: str  #: "CSV", "XLSX", "Parquet", "JSON lines"
    columns: tuple[ReadColumn, ...]
    headings: tuple[str, ...]  #: of all columns of the file, those left out included
    row_count: int
    sample: pa.Table  #: the first rows, with the columns' names and types
    options: UploadOptions  #: those it was read with, guesses filled in
    sheets: tuple[str, ...] = ()  #: sheets to choose from
    warnings: tuple[str, ...] = ()
    size_bytes: int = 0
    expires_at: datetime | None = None
