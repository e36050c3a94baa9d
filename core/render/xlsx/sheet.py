"""A worksheet of rows: header, typed cells, frozen header row, filter, widths taken from the first rows."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.field import FieldType
from core.domain.result import ResultColumn, ResultHead
from core.render.cell_text import TEXT, Alterations
from core.render.cells import display_strings, header_label, number_decimals
from core.render.markup import escaped
from core.render.xlsx import styles
from core.render.xlsx.cells import column_cells, column_values

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
NAMESPACES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
MOST_ROWS = 1_048_575  #: rows of a sheet below its header
_NARROWEST, _WIDEST = 8.0, 60.0
_HEADER_EXTRA = 3.0  #: room for the filter's arrow
_ROWS_MEASURED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A result column on a sheet: its letter, the style of its cells, its width in characters."""

    column: ResultColumn
    letter: str
    style: int
    total_style: int
    width: float

    @property
    def header_style(self) -> int:
        """The heading stands where its column does: to the right above numbers."""
        return styles.HEADER_RIGHT if self.column.type.is_number else styles.HEADER


def plan_columns(head: ResultHead, first: pa.RecordBatch | None, known: styles.Styles) -> tuple[SheetColumn, ...]:
    """Letters, styles and widths of the columns, the widths as the first rows need them."""
    planned = []
    for index, column in enumerate(head.columns):
        array = first.column(index).slice(0, _ROWS_MEASURED) if first is not None else None
        decimals = _decimals(array, column)
        planned.append(
            SheetColumn(
                column=column,
                letter=column_letter(index),
                style=known.of_column(column, decimals),
                total_style=known.of_total(column, decimals),
                width=_width(array, column, head.timezone),
            )
        )
    return tuple(planned)


def opening(columns: tuple[SheetColumn, ...]) -> str:
    """Everything of the sheet before its first row of data."""
    widths = "".join(
        f'<col min="{index}" max="{index}" width="{planned.width}" customWidth="1"/>'
        for index, planned in enumerate(columns, start=1)
    )
    header = "".join(
        f'<c r="{planned.letter}1" s="{planned.header_style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{escaped(header_label(planned.column))}</t></is></c>'
        for planned in columns
    )
    return (
        f'{DECLARATION}<worksheet {NAMESPACES}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
        f'<sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>'
        f'<row r="1" ht="21" customHeight="1">{header}</row>'
    )


def closing(columns: tuple[SheetColumn, ...], *, rows: int) -> str:
    """Everything of the sheet after its last row: filter, print layout, and no green corners on ids."""
    area = sheet_range(columns, rows=rows)
    texts = " ".join(
        f"{planned.letter}2:{planned.letter}{rows + 1}"
        for planned in columns
        if planned.column.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL)
    )
    ignored = (
        f'<ignoredErrors><ignoredError sqref="{texts}" numberStoredAsText="1"/></ignoredErrors>'
        if texts and rows
        else ""
    )
    return (
        f'</sheetData><autoFilter ref="{area}"/>'
        '<pageMargins left="0.47" right="0.47" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/>'
        f"<headerFooter><oddFooter>&amp;R&amp;P / &amp;N</oddFooter></headerFooter>{ignored}</worksheet>"
    )


def sheet_range(columns: tuple[SheetColumn, ...], *, rows: int) -> str:
    """The cells in use: "A1:L100001"."""
    return f"A1:{columns[-1].letter}{rows + 1}"


def row_xml(
    batch: pa.RecordBatch,
    columns: tuple[SheetColumn, ...],
    *,
    first_row: int,
    timezone: str,
    tally: Alterations,
    is_total: bool = False,
) -> pa.Array:
    """The batch as one <row> element a row; `first_row` is the row number of its first one, counted from 1."""
    numbers = pa.array(np.arange(first_row, first_row + batch.num_rows)).cast(TEXT)
    pieces: list[str | pa.Array] = ['<row r="', numbers, '">']
    for array, planned in zip(batch.columns, columns, strict=True):
        values = column_values(array, planned.column, timezone=timezone, tally=tally)
        style = planned.total_style if is_total else planned.style
        pieces += column_cells(values, numbers, letter=planned.letter, style=style)
    pieces.append("</row>")
    parts = [pa.scalar(piece, TEXT) if isinstance(piece, str) else piece for piece in _merged(pieces)]
    return pc.binary_join_element_wise(*parts, pa.scalar("", TEXT), null_handling="replace", null_replacement="")


def column_letter(index: int) -> str:
    """The letters of a column counted from 0: A, Z, AA."""
    letters = ""
    number = index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _merged(pieces: "list[str | pa.Array]") -> "list[str | pa.Array]":
    """Neighbouring constants put together: each piece costs the same time for every row."""
    merged: list[str | pa.Array] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


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


def _width(array: pa.Array | None, column: ResultColumn, timezone: str) -> float:
    """Width in characters that the heading and the longest of the first cells need."""
    cells = display_strings(array, column, timezone=timezone) if array is not None else []
    longest = max((max(map(len, cell.split("\n"))) for cell in cells if cell), default=0)
    return min(max(_NARROWEST, longest * 1.1 + 1.5, len(header_label(column)) * 1.1 + _HEADER_EXTRA), _WIDEST)
