"""The columns of a sheet: letters, styles, and widths taken from the first rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from core.domain.field import FieldType
from core.domain.result import ResultColumn, ResultHead
from core.render.cells import display_strings, header_label, number_decimals
from core.render.xlsx import styles

FIRST_ROW = 2  #: of the rows: the header stands above them
_NARROWEST, _WIDEST = 8.0, 60.0
_INDENT = 1.5
_HEADER_EXTRA = 3.0  #: room for the filter's arrow
_MOST_WIDTH = 255.0
_ROWS_MEASURED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A result column on a sheet: its letter, the style of its cells, its width in characters."""

    column: ResultColumn
    letter: str
    style: int
    total_style: int
    width: float
    decimals: int | None  #: people see; None where the column has no numbers, or floats as they are
    is_apart: bool = False  #: its cells begin right behind numbers, and keep away from them

    @property
    def header_style(self) -> int:
        """The heading stands where its column does: to the right above numbers."""
        if self.column.type.is_number:
            return styles.HEADER_RIGHT
        return styles.HEADER_APART if self.is_apart else styles.HEADER


def plan_columns(head: ResultHead, first: pa.RecordBatch | None, known: styles.Styles) -> tuple[SheetColumn, ...]:
    """Letters, styles and widths of the columns, the widths as the first rows need them."""
    planned = []
    for index, column in enumerate(head.columns):
        array = first.column(index).slice(0, _ROWS_MEASURED) if first is not None else None
        decimals, is_apart = _decimals(array, column), _is_apart(head.columns, index)
        planned.append(
            SheetColumn(
                column=column,
                letter=column_letter(index),
                style=known.of_column(column, decimals, is_apart=is_apart),
                total_style=known.of_total(column, decimals, is_apart=is_apart),
                width=_width(array, column, head.timezone, is_apart=is_apart),
                decimals=decimals,
                is_apart=is_apart,
            )
        )
    return tuple(planned)


def _is_apart(columns: Sequence[ResultColumn], index: int) -> bool:
    begins_left = columns[index].type is FieldType.TEXT or columns[index].type.is_temporal
    return begins_left and index > 0 and columns[index - 1].type.is_number


def column_letter(index: int) -> str:
    """The letters of a column counted from 0: A, Z, AA."""
    letters = ""
    number = index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _decimals(array: pa.Array | None, column: ResultColumn) -> int | None:
    """Decimals for the number format, None for columns without numbers and for PLAIN floats as they are."""
    if not column.type.is_number:
        return None
    if array is None:
        return column.format.decimals
    is_float = pa.types.is_floating(array.type)
    if is_float and column.format.style == "plain" and column.format.decimals is None:
        return None
    return number_decimals(array.type, column)


def _width(array: pa.Array | None, column: ResultColumn, timezone: str, *, is_apart: bool) -> float:
    """Width in characters: what was asked for, else what the heading and the longest of the first cells need."""
    if column.width is not None:
        return min(float(column.width), _MOST_WIDTH)
    cells = display_strings(array, column, timezone=timezone) if array is not None else []
    longest = max((max(map(len, cell.split("\n"))) for cell in cells if cell), default=0)
    indent = _INDENT if is_apart else 0.0
    needed = max(longest * 1.1 + 1.5, len(header_label(column)) * 1.1 + _HEADER_EXTRA) + indent
    return min(max(_NARROWEST, needed), _WIDEST)
