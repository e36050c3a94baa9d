"""A worksheet of rows: header, typed cells, frozen header row, filter, rules, totals below."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.field import FieldType
from core.render.cell_text import TEXT, Alterations
from core.render.cells import header_label
from core.render.markup import escaped
from core.render.xlsx.cells import column_cells, column_values, empty_cells
from core.render.xlsx.parts import DECLARATION, NAMESPACES
from core.render.xlsx.plain_cells import literal
from core.render.xlsx.rules import SheetRules
from core.render.xlsx.sheet_columns import FIRST_ROW, SheetColumn

MOST_ROWS = 1_048_575  #: rows of a sheet below its header


def opening(columns: Sequence[SheetColumn], *, is_first: bool = False) -> str:
    """Everything of the sheet before its first row of data; `is_first`: the workbook opens on it."""
    selected = ' tabSelected="1"' if is_first else ""
    widths = "".join(
        f'<col min="{index}" max="{index}" width="{planned.width}" customWidth="1"/>'
        for index, planned in enumerate(columns, start=1)
    )
    header = "".join(
        f'<c r="{planned.letter}1" s="{planned.header_style}" t="inlineStr">'
        f'<is><t xml:space="preserve">{escaped(literal(header_label(planned.column)))}</t></is></c>'
        for planned in columns
    )
    return (
        f'{DECLARATION}<worksheet {NAMESPACES}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>'
        f'<sheetView{selected} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>'
        f'<row r="1" ht="21" customHeight="1">{header}</row>'
    )


def closing(columns: Sequence[SheetColumn], *, rows: int, totals: int, rules: SheetRules) -> str:
    """Everything of the sheet after its last row: filter, rules, print layout, and no green corners on ids."""
    return (
        f'</sheetData><autoFilter ref="{sheet_range(columns, rows=rows)}"/>{rules.body}'
        '<pageMargins left="0.47" right="0.47" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
        f"{_ignored_errors(columns, rows=rows, totals=totals)}{rules.extension}</worksheet>"
    )


def _ignored_errors(columns: Sequence[SheetColumn], *, rows: int, totals: int) -> str:
    """What spreadsheets would mark as doubtful and is meant: digits as text, totals of some of the rows above them."""
    last = rows + FIRST_ROW - 1
    texts = " ".join(
        f"{planned.letter}{FIRST_ROW}:{planned.letter}{last}"
        for planned in columns
        if planned.column.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL)
    )
    ignored = f'<ignoredError sqref="{texts}" numberStoredAsText="1"/>' if texts and rows else ""
    if totals:
        below = f"A{last + 1}:{columns[-1].letter}{last + totals}"
        ignored += f'<ignoredError sqref="{below}" formula="1" formulaRange="1"/>'
    return f"<ignoredErrors>{ignored}</ignoredErrors>" if ignored else ""


def sheet_range(columns: Sequence[SheetColumn], *, rows: int) -> str:
    """The cells in use: "A1:L100001"."""
    return f"A1:{columns[-1].letter}{rows + 1}"


def row_xml(
    batch: pa.RecordBatch, columns: Sequence[SheetColumn], *, first_row: int, timezone: str, tally: Alterations
) -> pa.Array:
    """The batch as one <row> element a row; `first_row` is the row number of its first one, counted from 1."""
    numbers = _row_numbers(batch, first_row)
    pieces: list[str | pa.Array] = []
    for array, planned in zip(batch.columns, columns, strict=True):
        values = column_values(array, planned.column, timezone=timezone, tally=tally)
        pieces += column_cells(values, numbers, letter=planned.letter, style=planned.style)
    return _rows(numbers, pieces)


def totals_xml(
    batch: pa.RecordBatch,
    columns: Sequence[SheetColumn],
    formulas: Sequence[Sequence[str | None]],
    *,
    first_row: int,
    timezone: str,
    tally: Alterations,
) -> pa.Array:
    """Totals as rows; `formulas` are those of each row by column, None where the value stands for itself."""
    numbers = _row_numbers(batch, first_row)
    pieces: list[str | pa.Array] = []
    for place, (array, planned) in enumerate(zip(batch.columns, columns, strict=True)):
        values = column_values(array, planned.column, timezone=timezone, tally=tally)
        computed = pa.array([escaped(row[place]) if row[place] else None for row in formulas], TEXT)  # type: ignore[arg-type]
        pieces += column_cells(values, numbers, letter=planned.letter, style=planned.total_style, formulas=computed)
        pieces.append(empty_cells(array, numbers, letter=planned.letter, style=planned.total_style))
    return _rows(numbers, pieces)


def _row_numbers(batch: pa.RecordBatch, first_row: int) -> pa.Array:
    return pa.array(np.arange(first_row, first_row + batch.num_rows)).cast(TEXT)


def _rows(numbers: pa.Array, cells: "list[str | pa.Array]") -> pa.Array:
    """Whole rows of the pieces of their cells."""
    pieces = _merged(['<row r="', numbers, '">', *cells, "</row>"])
    parts = [pa.scalar(piece, TEXT) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*parts, pa.scalar("", TEXT), null_handling="replace", null_replacement="")


def _merged(pieces: "list[str | pa.Array]") -> "list[str | pa.Array]":
    """Neighbouring constants put together: each piece costs the same time for every row."""
    merged: list[str | pa.Array] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged
