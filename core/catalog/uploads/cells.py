"""Collects a sheet's cells as texts, with what kinds of values each column holds."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

import duckdb
import pyarrow as pa
from openpyxl.cell.read_only import EMPTY_CELL

from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.table import TABLE, Hint, check_cells, check_columns, counted
from core.domain.field import FieldType

#: A cell of the library's: of a place that holds a value, of an empty one, or none at all.
Cell = Any

_CHUNK_ROWS = 2000
_NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
_DAYS = frozenset({FieldType.DATE, FieldType.DATETIME})
_ALLOWED = {
    "number": _NUMBERS,
    "flag": frozenset({FieldType.BOOLEAN}),
    "day": _DAYS,
    "text": _DAYS,
}
_UNITS = (("€", "EUR"), ("£", "GBP"), ("EUR", "EUR"), ("USD", "USD"), ("CHF", "CHF"), ("GBP", "GBP"), ("$", "$"))
_NOT_SHOWN = re.compile(r"\\.|_.|\*.")


class Cells:
    """The table being filled, some rows at a time. Columns are added as wider rows come."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, limits: UploadLimits) -> None:
        self._connection = connection
        self._limits = limits
        self._pending: list[tuple[int, Sequence[Cell]]] = []
        self._kinds: list[Counter[str]] = []
        self._formats: list[Counter[str]] = []
        self._errors: Counter[str] = Counter()
        self._first_error = 0
        self._rows = 0
        self._made = 0

    def add(self, number: int, row: Sequence[Cell]) -> None:
        """Add the sheet's row `number`."""
        self._pending.append((number, row))
        if len(self._pending) >= _CHUNK_ROWS:
            self._write()

    def finish(self, *, min_width: int) -> tuple[int, tuple[Hint, ...], tuple[str, ...]]:
        """Write what is left; returns the table's width, what is known of the columns, and what to look at."""
        self._widen(min_width)
        self._write()
        warnings: tuple[str, ...] = ()
        if self._errors:
            words = ", ".join(f"{text} ({count:,})" for text, count in self._errors.most_common(5))
            count = counted(self._errors.total(), "cell")
            warnings = (f"{count} with an error read as empty, the first in row {self._first_error}: {words}.",)
        hints = tuple(_hint(*known) for known in zip(self._kinds, self._formats, strict=True))
        return len(self._kinds), hints, warnings

    def _widen(self, width: int) -> None:
        check_columns(max(width, 1), self._limits)
        while len(self._kinds) < width:
            self._kinds.append(Counter())
            self._formats.append(Counter())

    def _write(self) -> None:
        columns = list(itertools.zip_longest(*(row for _, row in self._pending), fillvalue=EMPTY_CELL))
        while columns and all(cell.value is None for cell in columns[-1]):
            columns.pop()  # sheets say where cells were formatted, too
        self._widen(len(columns))
        texts = [self._texts(index, column) for index, column in enumerate(columns)]
        self._make(max(len(self._kinds), 1))
        self._rows += len(self._pending)
        check_cells(self._rows, len(self._kinds), self._limits.sheet_cells)
        if self._pending:
            none = pa.nulls(len(self._pending), pa.string())
            arrays = [pa.array(column, pa.string()) for column in texts] + [none] * (self._made - len(texts))
            chunk = pa.table(arrays, names=[f"c{index}" for index in range(len(arrays))])
            self._connection.register("chunk", chunk)
            self._connection.execute(f"INSERT INTO {TABLE} SELECT * FROM chunk")  # noqa: S608 - constants
            self._connection.unregister("chunk")
        self._pending.clear()

    def _make(self, width: int) -> None:
        """Make the table as wide as the widest row."""
        while self._made < width:
            change = f"ALTER TABLE {TABLE} ADD COLUMN" if self._made else f"CREATE TABLE {TABLE} ("
            end = "" if self._made else ")"
            self._connection.execute(f"{change} c{self._made} VARCHAR{end}")
            self._made += 1

    def _texts(self, index: int, column: Sequence[Cell]) -> list[str | None]:
        """The cells of a column as texts; counts what they are."""
        values = [cell.value for cell in column]
        types = set(map(type, values)) - {NoneType}
        if str in types and "e" in {cell.data_type for cell in column}:
            self._note_errors(column)
            values = [None if cell.data_type == "e" else cell.value for cell in column]
            types = set(map(type, values)) - {NoneType}
        texts: list[str | None] = [None] * len(values)
        for one in types:
            mine = values if len(types) == 1 else [value if type(value) is one else None for value in values]
            kind, read = _READERS.get(one, ("text", str))
            # One value often comes many times, above all days.
            known = {value: read(value) for value in set(mine) if value is not None}
            texts = [known.get(value, text) for value, text in zip(mine, texts, strict=True)]
            self._kinds[index][kind] += len(mine) - mine.count(None)
            if kind == "number":
                self._note_formats(index, [cell for cell, value in zip(column, mine, strict=True) if value is not None])
        return texts

    def _note_formats(self, index: int, numbers: Sequence[Cell]) -> None:
        """Count how numbers are shown; cells that look alike share one style."""
        styles = [cell.style_array for cell in numbers]
        shown = {id(style): cell.number_format or "General" for style, cell in zip(styles, numbers, strict=True)}
        for style, count in Counter(map(id, styles)).items():
            self._formats[index][shown[style]] += count

    def _note_errors(self, column: Sequence[Cell]) -> None:
        for (number, _), cell in zip(self._pending, column, strict=True):
            if cell.data_type == "e":
                self._errors[str(cell.value)] += 1
                self._first_error = min(self._first_error or number, number)


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def _moment(value: datetime) -> str:
    if value.microsecond:
        # The cell's serial number is not exact below a millisecond.
        value = value.replace(microsecond=0) + timedelta(milliseconds=round(value.microsecond / 1000))
    text = value.isoformat(sep=" ")
    return text.removesuffix(" 00:00:00")


def _duration(value: timedelta) -> str:
    """Seconds: what the product counts durations in."""
    return format(Decimal(str(value.total_seconds())).normalize(), "f")


#: Kind and text of a cell's value by its type; others are texts.
_READERS: dict[type, tuple[str, Callable[[Any], str]]] = {
    int: ("number", _number),
    float: ("number", _number),
    bool: ("flag", lambda value: "true" if value else "false"),
    datetime: ("day", _moment),
    date: ("day", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("duration", _duration),
}


def _hint(kinds: Counter[str], formats: Counter[str]) -> Hint:
    """What a column can be, seen what its cells are."""
    present = set(kinds)
    if not present:
        return Hint()
    if present == {"duration"}:
        return Hint(allowed=_NUMBERS, is_plain=True, note="Durations, in seconds.")
    if present == {"time"}:
        return Hint(allowed=frozenset(), note="Times without a day are kept as text.")
    if present == {"text"}:
        return Hint(allowed=_DAYS, note="Stored as text in the sheet.")
    if len(present) > 1:
        counted = ", ".join(f"{count:,} {_PLURALS[kind]}" for kind, count in kinds.most_common())
        return Hint(allowed=frozenset(), note=f"Its cells are of several kinds: {counted}.")
    shown, count = formats.most_common(1)[0] if formats else ("General", 0)
    is_uniform = count == kinds["number"] and count > 0
    return Hint(
        allowed=_ALLOWED[present.pop()],
        is_plain=True,
        is_percent=is_uniform and "%" in _NOT_SHOWN.sub("", shown),
        unit=next((unit for sign, unit in _UNITS if sign in shown), None) if is_uniform else None,
    )


_PLURALS = {
    "number": "numbers",
    "flag": "true or false",
    "day": "dates",
    "text": "texts",
    "time": "times",
    "duration": "durations",
}
