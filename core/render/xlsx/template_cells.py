"""Values and pictures in a template's named cells, exact or counted as altered."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pyarrow as pa
from openpyxl.cell.cell import Cell
from openpyxl.drawing.image import Image
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from core.render.cell_text import TEXT, Alterations, clean_text, cut_text
from core.render.cells import value_decimals
from core.render.time_text import day_text, instant_text
from core.render.xlsx.cells import LONG_NUMBER, NOT_FINITE, OUT_OF_CALENDAR, significant_digits
from core.render.xlsx.plain_cells import literal
from core.render.xlsx.styles import number_format
from core.render.xlsx.template_names import NamedValue
from core.render.xlsx.template_places import Place

_GENERAL = "General"
_FIRST_DAY = date(1900, 3, 1)
_MOST_DIGITS = 15
_EMU_PER_PIXEL = 9525
_USUAL_WIDTH, _USUAL_HEIGHT = 8.43, 15.0  #: characters and points of a column and a row that say nothing
_SINGLE_WIDTH = 640  #: pixels of a picture whose name stands for one cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture to be put into cells."""

    png: bytes
    width: int  #: pixels
    height: int


def cell_at(workbook: Workbook, place: Place) -> Cell:
    """The cell that a name fills; of merged ones it is the first."""
    sheet = workbook[place.sheet]
    for merged in sheet.merged_cells.ranges:
        if merged.min_row <= place.top <= merged.max_row and merged.min_col <= place.left <= merged.max_col:
            return sheet.cell(merged.min_row, merged.min_col)
    return sheet.cell(place.top, place.left)


def put_text(cell: Cell, text: str, label: str, tally: Alterations) -> None:
    """Write text as text, whatever it looks like."""
    clean = cut_text(clean_text(pa.array([text], TEXT), label, tally), label, tally)[0].as_py()
    cell.value = None
    cell._value = literal(clean)  # the setter would make formulas of some and cut others
    cell.data_type = "s"


def put_value(cell: Cell, named: NamedValue, *, label: str, timezone: str, tally: Alterations) -> None:
    """Write a value with the cell's own number format, or its column's where the cell has none."""
    value = named.value
    if value is None or isinstance(value, bool):
        cell.value = value
    elif isinstance(value, str):
        put_text(cell, value, label, tally)
    elif isinstance(value, date):
        _put_moment(cell, value, label, timezone, tally)
    else:
        _put_number(cell, value, label, tally)
    if cell.number_format == _GENERAL and cell.data_type == "n" and value is not None:
        cell.number_format = named.number_format or _format_of(named)


def put_picture(workbook: Workbook, place: Place, picture: Drawn) -> None:
    """Put a picture over a name's cells, as large as fits them; one cell alone does not bound it."""
    sheet = workbook[place.sheet]
    cell_at(workbook, place).value = None
    width, height = _size(sheet, place)
    if (place.left, place.top) == (place.right, place.bottom):
        width, height = min(picture.width, _SINGLE_WIDTH), math.inf
    scale = min(width / picture.width, height / picture.height)
    image = Image(BytesIO(picture.png))
    image.anchor = OneCellAnchor(
        _from=AnchorMarker(col=place.left - 1, row=place.top - 1),
        ext=XDRPositiveSize2D(
            round(picture.width * scale * _EMU_PER_PIXEL), round(picture.height * scale * _EMU_PER_PIXEL)
        ),
    )
    sheet.add_image(image)


def _put_number(cell: Cell, value: int | float | Decimal, label: str, tally: Alterations) -> None:
    if not math.isfinite(value):
        tally.count(label, NOT_FINITE, 1)
        put_text(cell, "NaN" if value != value else "Infinity" if value > 0 else "-Infinity", label, tally)
    elif not isinstance(value, float) and significant_digits(value) > _MOST_DIGITS:
        tally.count(label, LONG_NUMBER, 1)
        put_text(cell, f"{value:f}" if isinstance(value, Decimal) else str(value), label, tally)
    else:
        cell.value = None
        cell._value = f"{value:f}" if isinstance(value, Decimal) else repr(value)  # openpyxl writes 16 digits
        cell.data_type = "n"


def _put_moment(cell: Cell, value: date, label: str, timezone: str, tally: Alterations) -> None:
    day = value.date() if isinstance(value, datetime) else value
    if day < _FIRST_DAY:
        tally.count(label, OUT_OF_CALENDAR, 1)
        array = pa.array([value], pa.timestamp("us", tz="UTC") if isinstance(value, datetime) else pa.date32())
        text = instant_text(array, timezone) if isinstance(value, datetime) else day_text(array)
        put_text(cell, text[0].as_py(), label, tally)
        return
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(timezone)) if value.tzinfo else value
        value = local.replace(tzinfo=None, microsecond=0)
    cell.value = None
    cell._value = repr(to_excel(value))
    cell.data_type = "n"


def _format_of(named: NamedValue) -> str:
    if named.column is None:
        return _GENERAL
    if not isinstance(named.value, (int, float, Decimal)):
        return number_format(named.column, None)
    return number_format(named.column, value_decimals(named.value, named.column.format))


def _size(sheet: Worksheet, place: Place) -> tuple[float, float]:
    """Pixels that cells are wide and high."""
    letters = (get_column_letter(column) for column in range(place.left, place.right + 1))
    widths = (_width(sheet, letter) for letter in letters)
    heights = (_height(sheet, row) for row in range(place.top, place.bottom + 1))
    return sum(widths), sum(heights)


def _width(sheet: Worksheet, letter: str) -> float:
    known = sheet.column_dimensions
    default = sheet.sheet_format.defaultColWidth or _USUAL_WIDTH
    return (known[letter].width if letter in known else default) * 7 + 5


def _height(sheet: Worksheet, row: int) -> float:
    known = sheet.row_dimensions
    usual = sheet.sheet_format.defaultRowHeight or _USUAL_HEIGHT
    return (known[row].height or usual if row in known else usual) * 4 / 3
