"""The rows of a template's table: which column each heading gets, and their XML in the style of its first row."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.cell.cell import Cell
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.formula import ArrayFormula

from core.domain.result import ResultColumn, ResultHead
from core.errors import RenderError
from core.render.batches import CHUNK_ROWS, convert_ahead
from core.render.cell_text import TEXT, Alterations, text_bytes
from core.render.cells import header_label, number_decimals
from core.render.markup import escaped
from core.render.xlsx.cells import column_cells, column_values
from core.render.xlsx.styles import number_format
from core.render.xlsx.template_growth import CELLS, Growth, Reading
from core.render.xlsx.template_places import TableArea
from core.render.xlsx.template_sheet import Beside

_GENERAL = "General"

#: Turns numbers of rows into pieces of XML for one column.
Pieces = Callable[[pa.RecordBatch, pa.Array], "list[str | pa.Array]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """A column of the table on its sheet: what fills it, and the style of its cells."""

    letter: str
    heading: str
    style: int
    source: int | None  #: place of the result column that fills it
    formula: str | None  #: as in the first row; it comes before what the result has


def plan_columns(
    workbook: Workbook, area: TableArea, head: ResultHead, first: pa.RecordBatch | None
) -> tuple[TemplateColumn, ...]:
    """Match the headings with the result's columns: by label, label with unit, or key. Raises RenderError if none fits.

    A column with a formula keeps it. Cells without a number format get the one of their column.
    """
    sheet = workbook[area.sheet]
    known = _by_heading(head.columns)
    planned = []
    for index, heading in enumerate(area.headings):
        cell = sheet.cell(area.first, area.left + index)
        formula = formula_of(cell)
        source = known.get(heading.lower()) if formula is None else None
        if source is not None and cell.number_format == _GENERAL:
            array = None if first is None else first.column(source)
            cell.number_format = number_format(head.columns[source], _decimals(array, head.columns[source]))
        planned.append(
            TemplateColumn(
                letter=get_column_letter(area.left + index),
                heading=heading,
                style=cell.style_id,
                source=source,
                formula=formula,
            )
        )
    if all(column.source is None for column in planned):
        there = ", ".join(column.label for column in head.columns)
        raise RenderError(
            f"None of the headings of the template's table ({', '.join(area.headings)}) is a column of the report "
            f"({there})."
        )
    return tuple(planned)


def column_notes(columns: tuple[TemplateColumn, ...], head: ResultHead) -> list[str]:
    """What the file says of columns that only the report or only the template has."""
    used = {column.source for column in columns}
    left_out = [column.label for index, column in enumerate(head.columns) if index not in used]
    empty = [column.heading or column.letter for column in columns if column.source is None and not column.formula]
    notes = []
    if left_out:
        notes.append(f"The template has no place for {listed(left_out)}; this file leaves it out.")
    if empty:
        notes.append(f"The report has nothing for the template's {listed(empty)}; it is empty.")
    return notes


def grown_columns(columns: tuple[TemplateColumn, ...], area: TableArea, growth: Growth) -> tuple[TemplateColumn, ...]:
    """The columns with what their formulas refer to where it stands now."""
    return tuple(
        TemplateColumn(
            letter=column.letter,
            heading=column.heading,
            style=column.style,
            source=column.source,
            formula=column.formula and growth.formula(column.formula, area.sheet, reading=Reading.OWN),
        )
        for column in columns
    )


class RowWriter:
    """Writes rows as XML, with the cells that stand beside them."""

    def __init__(
        self,
        columns: tuple[TemplateColumn, ...],
        *,
        first_row: int,
        height: float | None,
        head: ResultHead,
        tally: Alterations,
    ) -> None:
        """`height`: of each row in points; None: the sheet's usual one."""
        self._columns = [(column, _formula_pieces(column, first_row)) for column in columns]
        self._first_row = first_row
        self._height = f' ht="{height}" customHeight="1"' if height else ""
        self._head = head
        self._tally = tally

    def chunks(self, batches: Iterable[pa.RecordBatch], beside: dict[int, Beside]) -> Iterator[bytes]:
        """The rows of the result; `beside`: cells to the left and right by row number."""
        most = max(beside, default=0)
        row = self._first_row
        for batch, texts in convert_ahead(batches, self._rows, rows=CHUNK_ROWS):
            count = min(batch.num_rows, max(0, most - row + 1))
            cells = zip(range(row, row + count), texts.slice(0, count).to_pylist(), strict=True)
            yield "".join(_with_beside(text, beside.get(number)) for number, text in cells).encode()
            yield bytes(text_bytes(texts.slice(count)))
            row += batch.num_rows

    def empty(self, beside: dict[int, Beside]) -> bytes:
        """One row without values, as a table cannot be without any."""
        number = self._first_row
        cells = "".join(f'<c r="{column.letter}{number}" s="{column.style}"/>' for column, _ in self._columns)
        return _with_beside(f'<row r="{number}"{self._height}>{cells}</row>', beside.get(number)).encode()

    def _rows(self, batch: pa.RecordBatch, first_row: int) -> pa.Array:
        start = self._first_row + first_row
        numbers = pa.array(np.arange(start, start + batch.num_rows))
        texts = numbers.cast(TEXT)
        pieces: list[str | pa.Array] = ['<row r="', texts, f'"{self._height}>']
        for column, formula in self._columns:
            if column.source is not None:
                result_column = self._head.columns[column.source]
                array = batch.column(column.source)
                values = column_values(array, result_column, timezone=self._head.timezone, tally=self._tally)
                pieces += column_cells(values, texts, letter=column.letter, style=column.style)
            else:
                pieces += [f'<c r="{column.letter}', texts, f'" s="{column.style}"']
                pieces += ["/>"] if formula is None else ["><f>", *_at_rows(formula, numbers), "</f></c>"]
        pieces.append("</row>")
        parts = [pa.scalar(piece, TEXT) if isinstance(piece, str) else piece for piece in pieces]
        return pc.binary_join_element_wise(*parts, pa.scalar("", TEXT), null_handling="replace", null_replacement="")


def _by_heading(columns: tuple[ResultColumn, ...]) -> dict[str, int]:
    """Result columns by what a heading may call them: labels come before keys, the first column before others."""
    found: dict[str, int] = {}
    for name in (lambda column: column.label, header_label, lambda column: column.key):
        for index, column in enumerate(columns):
            found.setdefault(" ".join(name(column).lower().split()), index)
    return found


def _decimals(array: pa.Array | None, column: ResultColumn) -> int | None:
    """Decimals that people see; None for columns without numbers."""
    if not column.type.is_number:
        return None
    return column.format.decimals if array is None else number_decimals(array.type, column)


def formula_of(cell: Cell) -> str | None:
    """The formula of a cell, None where it has none."""
    value = cell.value.text if isinstance(cell.value, ArrayFormula) else cell.value
    return value if isinstance(value, str) and cell.data_type == "f" else None


def _formula_pieces(column: TemplateColumn, row: int) -> "list[str | int] | None":
    """A formula as constant texts and, as numbers, how far below its own row a reference points."""
    if column.formula is None:
        return None
    pieces: list[str | int] = []
    for token in Tokenizer(column.formula).items:
        if token.type != Token.OPERAND or token.subtype != Token.RANGE:
            pieces.append(escaped(token.value))
            continue
        prefix, mark, cells = token.value.rpartition("!")
        found = CELLS.fullmatch(cells)
        pieces += [escaped(prefix + mark), *(_relative(found, row) if found else [escaped(cells)])]
    return pieces


def _relative(found: "re.Match[str]", row: int) -> "list[str | int]":
    """A reference in pieces; rows with a dollar sign stay."""
    pieces: list[str | int] = []
    for column, dollar, number in ((2, 3, 4), (6, 7, 8)):
        if found[number]:
            pieces += [":"] if pieces else []
            pieces += [f"{found[column - 1]}{found[column]}{found[dollar]}"]
            pieces.append(found[number] if found[dollar] else int(found[number]) - row)
    return pieces


def _at_rows(formula: "list[str | int]", numbers: pa.Array) -> "list[str | pa.Array]":
    return [piece if isinstance(piece, str) else pc.add(numbers, piece).cast(TEXT) for piece in formula]


def _with_beside(row: str, beside: Beside | None) -> str:
    if beside is None:
        return row
    opening, _, cells = row.partition(">")
    return f"{opening}>{beside.left}{cells.removesuffix('</row>')}{beside.right}</row>"


def listed(names: list[str]) -> str:
    """Names as a sentence has them: "A, B and C"."""
    return ", ".join(names) if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"
