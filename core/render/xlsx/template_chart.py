"""The chart of the workbook to start from: few bars that say much, whatever number of rows the table will hold.

A sheet of its own holds what they show, by formulas over the table: the sums of its last months (or other days), else
its rows with the largest values. The formulas are ones that every spreadsheet of the last twenty years knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.worksheet.worksheet import Worksheet

from core.domain.field import FieldType
from core.domain.result import ColumnRole, ResultColumn
from core.render.cell_text import clean_characters
from core.render.cells import header_label
from core.render.xlsx.styles import number_format

_SHEET = "Chart data"
_POINTS = 12
_FIRST, _LAST = 2, _POINTS + 1  #: rows of the sheet
_VALUES, _ZEROS = 2, 4  #: columns; the axis reaches down or up to zero, as it does not for large values alike
_WIDTH, _HEIGHT = 22, 8  #: centimetres
#: Rows of the usual height that it covers, and one of air.
CHART_ROWS = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartedColumn:
    """A column of the table, and how formulas name it."""

    column: ResultColumn
    reference: str  #: Broadsheet[Revenue]


def add_chart(workbook: Workbook, place: tuple[Worksheet, str], columns: Sequence[ChartedColumn], accent: str) -> None:
    """Draw the first summed column; there is one, see `has_chart`."""
    measure = next(one for one in columns if is_summed(one.column))
    names = [one for one in columns if one.column.role is ColumnRole.DIMENSION]
    months = next((one for one in names if one.column.type is FieldType.DATE), None)
    data = workbook.create_sheet(_SHEET)
    heading = header_label(measure.column)
    data["A1"], data["B1"] = clean_characters((months or names[0]).column.label), clean_characters(heading)
    data.cell(1, _ZEROS).value = "Zero"
    for row in range(_FIRST, _LAST + 1):
        data.cell(row, _ZEROS).value = 0
    data["A1"].data_type = data["B1"].data_type = "s"
    for letter in "AB":
        data.column_dimensions[letter].width = 28.0
    if months is None:
        _largest(data, names, measure)
        heading = f"{heading}: largest rows"
    else:
        _latest(data, months, measure)
    sheet, corner = place
    sheet.add_chart(_chart(data, clean_characters(heading), months, measure, accent), corner)


def has_chart(columns: Sequence[ResultColumn]) -> bool:
    """Whether there is something to sum, and something to sum by."""
    return any(map(is_summed, columns)) and any(column.role is ColumnRole.DIMENSION for column in columns)


def is_summed(column: ResultColumn) -> bool:
    """Whether its values may be added up."""
    return column.type.is_number and column.role is ColumnRole.MEASURE and not column.key.startswith("average__")


def _latest(data: Worksheet, months: ChartedColumn, measure: ChartedColumn) -> None:
    """The last days of the table, each once and the oldest first, with the sums of their rows."""
    days = months.reference
    for row in range(_LAST, _FIRST - 1, -1):
        later = f"({days}<A{row + 1})*"
        day = f"MAX({days})" if row == _LAST else f'IF(A{row + 1}="",0,SUMPRODUCT(MAX({later}{days})))'
        data[f"A{row}"] = f'=IF({day}>0,{day},"")'
        data[f"A{row}"].number_format = number_format(months.column, None)
        data[f"B{row}"] = f'=IF(A{row}="",NA(),SUMIF({days},A{row},{measure.reference}))'
        data[f"B{row}"].number_format = _number(measure)


def _largest(data: Worksheet, names: Sequence[ChartedColumn], measure: ChartedColumn) -> None:
    """The rows with the largest values: which row it is stands in the third column, for rows that are alike."""
    values = measure.reference
    data["C1"] = "Row of the table"
    data.column_dimensions["C"].width = 18.0
    for row in range(_FIRST, _LAST + 1):
        before = row - 1
        data[f"B{row}"] = f"=IF(COUNT({values})<{before},NA(),LARGE({values},{before}))"
        data[f"B{row}"].number_format = _number(measure)
        found = f"MATCH(B{row},{values},0)"
        again = f"C{before}+MATCH(B{row},INDEX({values},C{before}+1):INDEX({values},ROWS({values})),0)"
        data[f"C{row}"] = f"={found}" if row == _FIRST else f"=IF(B{row}=B{before},{again},{found})"
        words = '&", "&'.join(f"INDEX({name.reference},C{row})" for name in names if name.column.type is FieldType.TEXT)
        data[f"A{row}"] = f'=IF(ISNA(B{row}),"",{words or f"INDEX({names[0].reference},C{row})"})'


def _chart(data: Worksheet, title: str, months: ChartedColumn | None, measure: ChartedColumn, accent: str) -> BarChart:
    chart = BarChart()
    chart.type, chart.legend, chart.roundedCorners = "col" if months else "bar", None, False
    chart.title = title
    chart.width, chart.height, chart.gapWidth = _WIDTH, _HEIGHT, 60
    for column in (_VALUES, _ZEROS):
        chart.add_data(Reference(data, min_col=column, min_row=_FIRST, max_row=_LAST))
    chart.set_categories(Reference(data, min_col=1, min_row=_FIRST, max_row=_LAST))
    if months is None:
        chart.x_axis.scaling.orientation, chart.y_axis.crosses = "maxMin", "max"  # the largest on top
        chart.x_axis.tickLblSkip = 1
    else:
        chart.x_axis.number_format = number_format(months.column, None)
    chart.y_axis.number_format = number_format(measure.column, 0)
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.series[0].graphicalProperties.solidFill = accent
    chart.series[1].graphicalProperties.noFill = True
    chart.overlap = 100
    return chart


def _number(measure: ChartedColumn) -> str:
    return number_format(
        measure.column, 0 if measure.column.format.decimals is None else measure.column.format.decimals
    )
