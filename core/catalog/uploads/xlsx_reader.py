"""Reads XLSX workbooks: one sheet, the saved results of its formulas, and what its cells are formatted as."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from core.catalog.uploads.archive import SheetMarks, check_workbook
from core.catalog.uploads.cells import Cells
from core.catalog.uploads.headings import has_header
from core.catalog.uploads.limits import UploadLimits
from core.catalog.uploads.table import Loaded, check_columns, counted
from core.domain.upload import UploadOptions
from core.errors import InvalidUpload

_SAMPLE_ROWS = 200

Row = Sequence[openpyxl.cell.Cell]


def read_xlsx(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,  # noqa: ARG001 - as the other readers
    options: UploadOptions,
    limits: UploadLimits,
) -> Loaded:
    """Load a sheet's cells into the table. Raises InvalidUpload."""
    marks = check_workbook(path, limits)
    try:
        # Handed over opened: the library goes by the ending of a name otherwise.
        with path.open("rb") as file:
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = tuple(sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible")
            sheet = _choose(workbook, sheets, options.sheet)
            # The part a sheet lies in is not public; without it nothing is known of merged cells.
            found = marks.get(str(getattr(sheet, "_worksheet_path", "")).lstrip("/"), SheetMarks())
            sheet.reset_dimensions()  # the size a sheet claims to have is often wrong
            loaded = _load(connection, sheet.iter_rows(), found, options, limits)
    except InvalidUpload:
        raise
    except (
        InvalidFileException,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        OSError,
        SyntaxError,
    ) as error:
        # What the library raises for parts that do not fit each other; a SyntaxError is one of XML.
        raise InvalidUpload("The XLSX workbook is damaged. Save it anew from a spreadsheet program.") from error
    warnings = loaded.warnings
    if found.uncomputed:
        words = (
            f"{counted(found.uncomputed, 'formula')} without a saved result read as empty. "
            "Open the file in a spreadsheet program and save it there."
        )
        warnings = (*warnings, words)
    return replace(loaded, options={"sheet": sheet.title, **loaded.options}, sheets=sheets, warnings=warnings)


def _choose(workbook: openpyxl.Workbook, sheets: tuple[str, ...], wanted: str | None) -> Any:
    if wanted is None:
        if not sheets:
            raise InvalidUpload("There is no sheet to be seen in the workbook.")
        return workbook[sheets[0]]
    if wanted not in [sheet.title for sheet in workbook.worksheets]:
        known = ", ".join(f"'{name}'" for name in sheets)
        raise InvalidUpload(f"There is no sheet called '{wanted}'. There are: {known}.", place="options.sheet")
    return workbook[wanted]


def _load(
    connection: duckdb.DuckDBPyConnection,
    rows: Iterator[Row],
    marks: SheetMarks,
    options: UploadOptions,
    limits: UploadLimits,
) -> Loaded:
    """Skip what stands above the table, find its header, then load every row that is not empty."""
    numbered = (
        (number, cells)
        for number, cells in enumerate(rows, start=1)
        if number > (options.skip_rows or 0) and any(c.value is not None for c in cells)
    )
    sample = list(itertools.islice(numbered, _SAMPLE_ROWS))
    first = 0 if options.skip_rows is not None else _preamble(sample, marks)
    skipped = sample[first][0] - 1 if sample else 0
    sample = sample[first:]
    if not sample:
        raise InvalidUpload("The sheet is empty. Choose another one.", place="options.sheet")
    texts = [[None if c.value is None else str(c.value) for c in cells] for _, cells in sample]
    depth = _header_rows(texts, sample[0][0], marks, options)
    cells = Cells(connection, limits)
    for number, row in itertools.chain(sample[depth:], numbered):
        cells.add(number, row)
    width, hints, warnings = cells.finish(min_width=len(_trimmed(texts[0])))
    check_columns(width, limits)
    headings = _headings(texts[:depth], sample[0][0], marks, width)
    if skipped and first and options.skip_rows is None:
        warnings = (f"{counted(skipped, 'row')} above the table left out.", *warnings)
    return Loaded(
        headings=headings, hints=hints, options={"has_header": depth > 0, "skip_rows": skipped}, warnings=warnings
    )


def _preamble(sample: list[tuple[int, Row]], marks: SheetMarks) -> int:
    """How many of the rows stand above the table: titles and remarks in a single cell, where the table has more."""
    counts = [sum(c.value is not None for c in cells) for _, cells in sample]
    if max(counts, default=0) <= 1:
        return 0
    width = max(len(_trimmed([c.value for c in cells])) for _, cells in sample)
    for index, (number, _) in enumerate(sample):
        # A single cell that spans some of the columns is the heading of a group of them.
        if counts[index] > 1 or any(right - left + 1 < width for left, right in _merged_in_row(marks, number)):
            return index
    return 0


def _header_rows(texts: list[list[str | None]], first: int, marks: SheetMarks, options: UploadOptions) -> int:
    """How many rows name the columns: one, or two where cells of the first are merged over several columns."""
    if options.has_header is False:
        return 0
    if _merged_in_row(marks, first) and len(texts) > 1:
        return 2
    return 1 if options.has_header or has_header(texts) else 0


def _merged_in_row(marks: SheetMarks, row: int) -> list[tuple[int, int]]:
    """First and last column of cells merged across columns in a row."""
    found = []
    for area in marks.merged:
        left, top, right, _ = range_boundaries(area)
        if top == row and right > left:
            found.append((left, right))
    return found


def _headings(rows: list[list[str | None]], first: int, marks: SheetMarks, width: int) -> tuple[str, ...]:
    """The texts above each column, those of merged cells above all that they span."""
    names = [""] * width
    for offset, row in enumerate(rows):
        filled = [*row, *[None] * (width - len(row))][:width]
        for left, right in _merged_in_row(marks, first + offset):
            for column in range(left - 1, min(right, width)):
                filled[column] = filled[left - 1]
        names = [f"{name} {text or ''}".strip() for name, text in zip(names, filled, strict=True)]
    return tuple(names)


def _trimmed(row: list[Any]) -> list[Any]:
    """Without the empty cells at the end."""
    while row and row[-1] is None:
        row = row[:-1]
    return row
