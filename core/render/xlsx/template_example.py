"""A workbook to start a template from: the names, a table with a report's columns, totals and a chart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from core.domain.result import ResultColumn
from core.render.cell_text import clean_characters
from core.render.cells import header_label
from core.render.xlsx.styles import number_format
from core.render.xlsx.template_chart import CHART_ROWS, ChartedColumn, add_chart, has_chart, is_summed
from core.render.xlsx.template_names import PREFIX, slug
from core.render.xlsx.template_places import TABLE_NAME

_INK, _QUIET, _ACCENT = "1C2024", "5E6672", "A4262C"
_SHEET = "Report"
_FIRST_COLUMN = 2
_KPI_ROW, _CHART_ROW = 6, 10
_NARROWEST = 20.0  #: characters: a day and a time fit
#: What a structured reference puts an apostrophe before.
_SPECIAL = re.compile(r"(['\[\]#@])")
_PLAIN_DECIMALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleSubject:
    """What the example is made for."""

    title: str
    columns: tuple[ResultColumn, ...]
    kpis: tuple[str, ...] = ()  #: labels of headline numbers


def example_workbook(subject: ExampleSubject) -> bytes:
    """Make the workbook; it can be brought as it is."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = _SHEET
    sheet.sheet_view.showGridLines = False
    _masthead(workbook, sheet, subject)
    _figures(workbook, sheet, subject.kpis)
    first = _CHART_ROW + CHART_ROWS if has_chart(subject.columns) else _CHART_ROW
    _table(sheet, subject.columns, first)
    below = first + 4
    _named(workbook, sheet, f"B{below}", "row_words", "How many rows", quiet=True)
    _named(workbook, sheet, f"B{below + 1}", "filters", "The filters, one a line", quiet=True)
    _named(workbook, sheet, f"B{below + 2}", "notes", "What a reader must know", quiet=True)
    if has_chart(subject.columns):
        add_chart(workbook, (sheet, f"B{_CHART_ROW}"), _charted(subject.columns), _ACCENT)
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    made = BytesIO()
    workbook.save(made)
    return made.getvalue()


def _masthead(workbook: Workbook, sheet: Worksheet, subject: ExampleSubject) -> None:
    sheet.column_dimensions["A"].width = 2.5
    _named(workbook, sheet, "B2", "title", subject.title)
    sheet["B2"].font = Font(name="Georgia", size=22, color=_INK)
    sheet.row_dimensions[2].height = 34
    _named(workbook, sheet, "B3", "period", "The period", quiet=True)
    sheet["B4"].value, sheet["B4"].font = "Data as of", Font(size=10, color=_QUIET)
    _named(workbook, sheet, "C4", "as_of", "When it was read", quiet=True)
    sheet["C4"].number_format = 'd mmm yyyy", "hh:mm'
    sheet.column_dimensions["C"].width = _NARROWEST
    for index in range(max(4, len(subject.columns))):
        sheet.cell(4, _FIRST_COLUMN + index).border = Border(bottom=Side(style="medium", color=_ACCENT))


def _figures(workbook: Workbook, sheet: Worksheet, kpis: tuple[str, ...]) -> None:
    """Headline numbers side by side: label, number, change."""
    sheet.row_dimensions[_KPI_ROW + 1].height = 24
    for index, label in enumerate(kpis):
        letter, key = get_column_letter(_FIRST_COLUMN + index), f"kpi_{slug(label) or index + 1}"
        sheet[f"{letter}{_KPI_ROW}"].value = clean_characters(label)
        sheet[f"{letter}{_KPI_ROW}"].data_type = "s"
        sheet[f"{letter}{_KPI_ROW}"].font = Font(size=10, color=_QUIET)
        for row, name, font in (
            (_KPI_ROW + 1, key, Font(name="Georgia", size=16, color=_INK)),
            (_KPI_ROW + 2, f"{key}_change", Font(size=10, color=_QUIET)),
        ):
            cell = sheet[f"{letter}{row}"]
            cell.font, cell.alignment = font, Alignment(horizontal="left")
            _name(workbook, cell.coordinate, name)


def _table(sheet: Worksheet, columns: Sequence[ResultColumn], first: int) -> None:
    """A table of one empty row with a row of totals."""
    headings = _headings(columns)
    last = first + 2
    for index, (column, heading) in enumerate(zip(columns, headings, strict=True)):
        letter = get_column_letter(_FIRST_COLUMN + index)
        top = sheet[f"{letter}{first}"]
        top.value = heading
        top.data_type = "s"
        top.alignment = Alignment(horizontal="right" if column.type.is_number else "left")
        sheet.column_dimensions[letter].width = min(max(_NARROWEST, len(heading) * 1.2 + 3), 40.0)
        if column.type.is_temporal:
            sheet[f"{letter}{first + 1}"].alignment = Alignment(horizontal="left")
        if column.type.is_number:
            decimals = column.format.decimals
            form = number_format(column, _PLAIN_DECIMALS if decimals is None else decimals)
            sheet[f"{letter}{last}"].number_format = form
    table = Table(
        displayName=TABLE_NAME.capitalize(),
        ref=f"{get_column_letter(_FIRST_COLUMN)}{first}:{get_column_letter(_FIRST_COLUMN + len(columns) - 1)}{last}",
        totalsRowCount=1,
        tableStyleInfo=TableStyleInfo(name="TableStyleLight1", showRowStripes=True),
    )
    table._initialise_columns()
    table.autoFilter.ref = table.ref.replace(str(last), str(last - 1))
    for index, (column, heading) in enumerate(zip(columns, headings, strict=True)):
        described = table.tableColumns[index]
        described.name = heading
        cell = sheet.cell(last, _FIRST_COLUMN + index)
        if is_summed(column):
            described.totalsRowFunction = "sum"
            cell.value = f"=SUBTOTAL(109,{_reference(heading)})"
        elif not index:
            described.totalsRowLabel = cell.value = "Total"
    sheet.add_table(table)


def _charted(columns: Sequence[ResultColumn]) -> list[ChartedColumn]:
    return [
        ChartedColumn(column=column, reference=_reference(heading))
        for column, heading in zip(columns, _headings(columns), strict=True)
    ]


def _reference(heading: str) -> str:
    """The cells of a column of the table, as formulas name them."""
    escaped = _SPECIAL.sub(r"'\1", heading)
    return f"{TABLE_NAME.capitalize()}[{escaped}]"


def _headings(columns: Sequence[ResultColumn]) -> list[str]:
    """Headings of a table are not empty and no two are alike."""
    headings: list[str] = []
    for column in columns:
        taken = {heading.lower() for heading in headings}
        choices = (clean_characters(column.label), header_label(column), column.key)
        headings.append(next((one for one in choices if one and one.lower() not in taken), column.key))
    return headings


def _named(workbook: Workbook, sheet: Worksheet, place: str, key: str, text: str, *, quiet: bool = False) -> None:
    """A cell with a name and a word of what will stand there."""
    cell = sheet[place]
    cell.value = clean_characters(text)
    cell.data_type = "s"
    if quiet:
        cell.font = Font(size=10, color=_QUIET)
        cell.alignment = Alignment(horizontal="left", vertical="top")
    _name(workbook, place, key)


def _name(workbook: Workbook, place: str, key: str) -> None:
    letters = place.rstrip("0123456789")
    text = f"{_SHEET}!${letters}${place[len(letters) :]}"
    workbook.defined_names.add(DefinedName(f"{PREFIX}{key}", attr_text=text))
