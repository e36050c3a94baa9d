"""A worksheet of rows: header, typed cells, frozen header row, filter, rules, totals below."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from core.render.xlsx.sheet_rows import SheetRows

MOST_ROWS = 1_048_575  #: rows of a sheet below its header


def opening(columns: Sequence[SheetColumn], *, is_first: bool = False, depth: int = 0) -> str:
    """Everything of the sheet before its first row of data.

    `is_first`: the workbook opens on it; `depth`: how many levels of rows may be folded away.
    """
    folds = f' outlineLevelRow="{depth}"' if depth else ""
    selected = ' tabSelected="1"' if is_first else ""
    widths = "".join(_column(planned, index) for index, planned in enumerate(columns, start=1))
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
        f'<sheetFormatPr defaultRowHeight="15"{folds}/><cols>{widths}</cols><sheetData>'
        f'<row r="1" ht="21" customHeight="1">{header}</row>'
    )


def _column(planned: SheetColumn, index: int) -> str:
    hidden = ' hidden="1"' if planned.column.is_hidden else ""
    return f'<col min="{index}" max="{index}" width="{planned.width}" customWidth="1"{hidden}/>'


def closing(columns: Sequence[SheetColumn], sheet: SheetRows, *, totals: int, rules: SheetRules) -> str:
    """Everything of the sheet after its last row: filter, rules, print layout, and no green corners on ids.

    Where subtotals stand among the rows there is no filter: to sort by it would tear them from their groups.
    """
    filter_ = "" if sheet.breaks else f'<autoFilter ref="{sheet_range(columns, sheet)}"/>'
    return (
        f"</sheetData>{filter_}{rules.body}"
        '<pageMargins left="0.47" right="0.47" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;R&amp;P / &amp;N</oddFooter></headerFooter>"
        f"{_ignored_errors(columns, sheet, totals=totals)}{rules.extension}</worksheet>"
    )


def _ignored_errors(columns: Sequence[SheetColumn], sheet: SheetRows, *, totals: int) -> str:
    """What spreadsheets would mark as doubtful and is meant: digits as text, totals of some of the rows above them."""
    last = sheet.last
    texts = " ".join(
        f"{planned.letter}{FIRST_ROW}:{planned.letter}{last}"
        for planned in columns
        if planned.column.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL)
    )
    ignored = f'<ignoredError sqref="{texts}" numberStoredAsText="1"/>' if texts and sheet.rows else ""
    if totals or sheet.breaks:
        first = FIRST_ROW if sheet.breaks else last + 1
        below = f"A{first}:{columns[-1].letter}{last + totals}"
        ignored += f'<ignoredError sqref="{below}" formula="1" formulaRange="1"/>'
    return f"<ignoredErrors>{ignored}</ignoredErrors>" if ignored else ""


def sheet_range(columns: Sequence[SheetColumn], sheet: SheetRows) -> str:
    """The cells in use, but for totals below all rows: "A1:L100001"."""
    return f"A1:{columns[-1].letter}{sheet.last}"


def row_xml(
    batch: pa.RecordBatch,
    columns: Sequence[SheetColumn],
    *,
    rows: "Rows",
    timezone: str,
    tally: Alterations,
) -> pa.Array:
    """The batch as one <row> element a row, at the places that `rows` names."""
    numbers = rows.texts()
    pieces: list[str | pa.Array] = []
    for array, planned in zip(batch.columns, columns, strict=True):
        values = column_values(array, planned.column, timezone=timezone, tally=tally)
        pieces += column_cells(values, numbers, letter=planned.letter, style=planned.style)
    return _rows(numbers, rows.folds(), pieces)


def totals_xml(
    batch: pa.RecordBatch,
    columns: Sequence[SheetColumn],
    formulas: Sequence[Sequence[str | None]],
    *,
    rows: "Rows",
    timezone: str,
    tally: Alterations,
) -> pa.Array:
    """Totals as rows; `formulas` are those of each row by column, None where the value stands for itself."""
    numbers = rows.texts()
    pieces: list[str | pa.Array] = []
    for place, (array, planned) in enumerate(zip(batch.columns, columns, strict=True)):
        values = column_values(array, planned.column, timezone=timezone, tally=tally)
        computed = pa.array([escaped(row[place]) if row[place] else None for row in formulas], TEXT)  # type: ignore[arg-type]
        pieces += column_cells(values, numbers, letter=planned.letter, style=planned.total_style, formulas=computed)
        pieces.append(empty_cells(array, numbers, letter=planned.letter, style=planned.total_style))
    return _rows(numbers, rows.folds(), pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a sheet: their numbers, counted from 1, and how deep each may be folded away."""

    numbers: "np.ndarray"
    levels: "int | np.ndarray" = 0

    @classmethod
    def following(cls, first: int, count: int) -> "Rows":
        """Neighbouring rows that do not fold."""
        return cls(numbers=np.arange(first, first + count))

    def texts(self) -> pa.Array:
        """The numbers as they are written."""
        return pa.array(self.numbers).cast(TEXT)

    def folds(self) -> str | pa.Array:
        """What the tags of the rows say of their levels."""
        if isinstance(self.levels, int):
            return _fold(self.levels)
        return pa.array([_fold(level) for level in self.levels.tolist()], TEXT)


def _fold(level: int) -> str:
    return f' outlineLevel="{level}"' if level else ""


def _rows(numbers: pa.Array, folds: str | pa.Array, cells: "list[str | pa.Array]") -> pa.Array:
    """Whole rows of the pieces of their cells."""
    pieces = _merged(['<row r="', numbers, '"', folds, ">", *cells, "</row>"])
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
