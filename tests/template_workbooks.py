"""Workbooks to be filled, made for tests, and filled ones read back."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from core.domain.artifact import Rendering
from core.domain.result import Result
from core.render.xlsx.template import TemplateRenderer

Change = Callable[[Workbook, Worksheet], None]


def template(change: Change | None = None, **names: str) -> bytes:
    """A workbook with the sheet "Data": headings in B4:E4, one row, totals below; `names`: title="Data!$B$2"."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Data"
    for column, heading in enumerate(("Customer", "Quantity", "Amount", "Twice"), start=2):
        sheet.cell(4, column).value = heading
    sheet["D5"].number_format = '#,##0.00 "€"'
    sheet["E5"].value = "=C5*2+$H$1"
    sheet["B6"].value = "Sum"
    sheet["C6"].value = "=SUM(C5:C5)"
    for name, place in names.items():
        workbook.defined_names.add(DefinedName(f"broadsheet.{name}", attr_text=place))
    if change is None or "Orders" not in sheet.tables:
        add_table(sheet)
    if change is not None:
        change(workbook, sheet)
    return saved(workbook)


def add_table(sheet: Worksheet, ref: str = "B4:E5", name: str = "Orders") -> Table:
    table = Table(displayName=name, ref=ref, tableStyleInfo=TableStyleInfo(name="TableStyleMedium2"))
    left, _, right, _ = openpyxl.utils.range_boundaries(ref)
    top = int("".join(filter(str.isdigit, ref.split(":")[0])))
    for index, column in enumerate(range(left, right + 1), start=1):
        table.tableColumns.append(TableColumn(id=index, name=str(sheet.cell(top, column).value)))
    table.autoFilter = openpyxl.worksheet.filters.AutoFilter(ref=ref)
    sheet.add_table(table)
    return table


def saved(workbook: Workbook) -> bytes:
    made = io.BytesIO()
    workbook.save(made)
    return made.getvalue()


def filled(content: bytes, result: Result, **more: Any) -> tuple[Workbook, Rendering]:
    data, rendering = filled_bytes(content, result, **more)
    return openpyxl.load_workbook(io.BytesIO(data)), rendering


def filled_bytes(content: bytes, result: Result, **more: Any) -> tuple[bytes, Rendering]:
    made = io.BytesIO()
    rendering = TemplateRenderer(content).render(result, made, **more)
    return made.getvalue(), rendering
