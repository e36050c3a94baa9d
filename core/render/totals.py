"""Totals as rows to stand below the last row: subtotals in the order of the rows, then the grand total.

Only in what people read. Files for machines hold rows alone; their manifest has the totals.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import takewhile

import pyarrow as pa

from core.domain.result import CellValue, ColumnRole, ResultColumn, ResultHead, Total
from core.render.cell_text import TEXT
from core.render.cells import display_value

TOTAL = "Total"
_EMPTY = "(empty)"


def total_batch(head: ResultHead) -> pa.RecordBatch | None:
    """The totals as a batch of rows, None where there are none. One column holds what each is the total of, as text.

    The others have the types of their values, so that they are written like the cells above them.
    """
    totals, columns = head.totals, head.columns
    if not totals:
        return None
    ordered = [total for total in totals if total.level] + [total for total in totals if not total.level]
    values = [[total.values[index] for total in ordered] for index in range(len(columns))]
    place = label_place(totals, len(columns))
    arrays = [_array(cells, column) for cells, column in zip(values, columns, strict=True)]
    if place is not None:
        arrays[place] = pa.array([total_label(total, groupings_of(head), head.timezone) for total in ordered], TEXT)
    return pa.RecordBatch.from_arrays(arrays, names=[column.key for column in columns])


def label_place(totals: Sequence[Total], columns: int) -> int | None:
    """The first column without any total: where the label goes. None where every column has one."""
    free = (index for index in range(columns) if all(total.values[index] is None for total in totals))
    return next(free, None)


def groupings_of(head: ResultHead) -> tuple[ResultColumn, ...]:
    """The columns that the keys of totals are of, hidden ones among them."""
    return head.groupings or tuple(column for column in head.columns if column.role is ColumnRole.DIMENSION)


def shown_groupings(head: ResultHead) -> list[int]:
    """Where the groupings stand, the outermost first, up to the first that is hidden."""
    places = {column.key: place for place, column in enumerate(head.columns)}
    shown = takewhile(lambda column: column.key in places, groupings_of(head))
    return [places[column.key] for column in shown]


def total_label(total: Total, groupings: Sequence[ResultColumn], timezone: str) -> str:
    """What it is the total of: "Total", "Total Germany", "Total Germany, 2026"."""
    words = []
    for index, value in enumerate(total.keys):
        column = groupings[index] if index < len(groupings) else None
        words.append(_words(value, column, timezone) or _EMPTY)
    return f"{TOTAL} {', '.join(words)}" if words else TOTAL


def _words(value: CellValue, column: ResultColumn | None, timezone: str) -> str:
    if column is None:
        return "" if value is None else str(value)
    return display_value(value, column.type, column.format, timezone)


def _array(values: list[CellValue], column: ResultColumn) -> pa.Array:
    """Exact numbers keep the digits after the point that their column has."""
    scale = max((_digits(value) for value in values if isinstance(value, Decimal)), default=None)
    if scale is None:
        return pa.array(values)
    return pa.array(values, pa.decimal128(38, max(scale, column.scale or 0)))


def _digits(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
