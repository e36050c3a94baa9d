"""Where a chart's numbers stand: in the rows themselves, or on a small sheet of their own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.render.cells import header_label
from core.render.xlsx import styles
from core.render.xlsx.chart_data import Axis, ChartData
from core.render.xlsx.chart_xml import SeriesPlaces
from core.render.xlsx.parts import DECLARATION, NAMESPACES
from core.render.xlsx.plain_cells import PlainValue, absolute, plain_cell, sheet_reference
from core.render.xlsx.sheet_columns import FIRST_ROW, SheetColumn, column_letter
from core.render.xlsx.sheet_rows import SheetRows

_WIDTH = 18.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    header: str
    style: int
    values: Sequence[PlainValue]


def places_in_rows(data: ChartData, sheet: SheetRows, columns: Mapping[str, SheetColumn]) -> list[SeriesPlaces]:
    """Where the series stand among the rows, for charts whose points the rows are."""
    x = columns[data.x.key].letter
    letters = [columns[measure.key].letter for measure in data.measures]
    return [_places(sheet.name, x, letter, sheet.rows) for letter in letters]


def chart_sheet(
    data: ChartData, name: str, known: styles.Styles, decimals: int | None
) -> tuple[str, list[SeriesPlaces]]:
    """The XML of a sheet called `name` with all points, and where each series stands there."""
    columns: list[_Column] = []
    places = []
    x_style = styles.DEFAULT if data.axis is Axis.NAMES else known.of_column(data.x, None)
    for number, one in enumerate(data.series):
        if number == 0 or data.axis is Axis.NUMBERS:
            columns.append(_Column(header=header_label(data.x), style=x_style, values=one.x))
            x = column_letter(len(columns) - 1)
        measure = data.measures[min(number, len(data.measures) - 1)]
        columns.append(_Column(header=one.name, style=known.of_column(measure, decimals), values=one.y))
        places.append(_places(name, x, column_letter(len(columns) - 1), len(one.x)))
    return _sheet(columns), places


def _places(sheet: str, x: str, y: str, rows: int) -> SeriesPlaces:
    last = FIRST_ROW + max(rows, 1) - 1
    reference = sheet_reference(sheet)
    header = FIRST_ROW - 1
    return SeriesPlaces(
        name=f"{reference}{absolute(f'{y}{header}')}",
        x=f"{reference}{absolute(f'{x}{FIRST_ROW}')}:{absolute(f'{x}{last}')}",
        y=f"{reference}{absolute(f'{y}{FIRST_ROW}')}:{absolute(f'{y}{last}')}",
    )


def _sheet(columns: Sequence[_Column]) -> str:
    width = f'<col min="1" max="{len(columns)}" width="{_WIDTH}" customWidth="1"/>'
    header = "".join(
        plain_cell(f"{column_letter(index)}1", styles.HEADER, column.header) for index, column in enumerate(columns)
    )
    rows = max(len(column.values) for column in columns)
    content = "".join(f'<row r="{row + FIRST_ROW}">{"".join(_cells(columns, row))}</row>' for row in range(rows))
    return (
        f'{DECLARATION}<worksheet {NAMESPACES}><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{width}</cols>'
        f'<sheetData><row r="1" ht="21" customHeight="1">{header}</row>{content}</sheetData></worksheet>'
    )


def _cells(columns: Sequence[_Column], row: int) -> Iterable[str]:
    return (
        plain_cell(f"{column_letter(index)}{row + FIRST_ROW}", column.style, column.values[row])
        for index, column in enumerate(columns)
        if row < len(column.values)
    )
