"""The sheet of a template's table as openpyxl wrote it, taken apart where the rows go."""

import re
from dataclasses import dataclass

from openpyxl.utils import column_index_from_string

from core.render.xlsx.template_growth import Growth

_ROW = re.compile(r'<row r="(\d+)"[^>]*?(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(r'<c r="([A-Z]+)\d+"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
#: Spreadsheets find out by themselves how far a sheet goes; openpyxl does not know of the rows.
_DIMENSION = re.compile(r"<dimension [^>]*/>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The XML of cells that stand left and right of the table in one row."""

    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSheet:
    """A sheet's XML: what comes before the rows and after them, and what stands beside them, by row number."""

    before: str
    beside: dict[int, Beside]
    after: str


def open_sheet(xml: str, growth: Growth, *, left: int) -> OpenSheet:
    """Take a sheet apart around the rows of the table, whose first column is `left`."""
    xml = _DIMENSION.sub("", xml, count=1).replace("<sheetData/>", "<sheetData></sheetData>", 1)
    start, end = xml.index("<sheetData>") + len("<sheetData>"), xml.index("</sheetData>")
    first = last = start
    beside = {}
    for row in _ROW.finditer(xml, start, end):
        number = int(row[1])
        if number < growth.first:
            first = last = row.end()
        elif number <= growth.new_last:
            last = row.end()
            beside[number] = _beside(row[2] or "", left)
        else:
            break
    return OpenSheet(before=xml[:first], beside=beside, after=xml[last:])


def _beside(cells: str, left: int) -> Beside:
    found = [(column_index_from_string(cell[1]), cell[0]) for cell in _CELL.finditer(cells)]
    return Beside(
        left="".join(text for column, text in found if column < left),
        right="".join(text for column, text in found if column >= left),
    )
