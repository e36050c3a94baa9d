"""XLSX: charts that the spreadsheet draws itself, of the picture's numbers."""

from datetime import UTC, date, datetime

import openpyxl.chart
import pyarrow as pa
import pytest

from core.domain.appearance import Chart, ChartKind
from core.domain.branding import Branding
from core.domain.field import FieldType
from core.domain.result import ColumnRole, Result, ResultColumn
from core.render.palette import CATEGORICAL
from core.render.renderer import ChartImage
from core.render.xlsx.chart_data import MOST_CHART_ROWS
from core.render.xlsx_renderer import XlsxRenderer
from tests.render_results import ZONE, column, result_of
from tests.xlsx_parts import PIXEL, cover_texts, part, wished, workbook, written

MISSING = "The chart is missing: no browser was found."


def measure(key: str, kind: FieldType = FieldType.INTEGER) -> ResultColumn:
    return ResultColumn(key=key, label=key.capitalize(), type=kind, role=ColumnRole.MEASURE)


COLUMNS = (
    column("month", FieldType.DATE),
    column("country", FieldType.TEXT),
    column("at", FieldType.DATETIME),
    measure("orders"),
    measure("average__price", FieldType.DECIMAL),
)
MONTHS = [date(2026, month, 1) for month in (1, 2, 3)]


def sales(chart: Chart, *, rows: int = 6, **more: object) -> Result:
    numbers = list(range(rows))
    instants = [datetime(2026, 11, 23, 8 + number % 8, 30, tzinfo=UTC) for number in numbers]
    table = pa.table(
        {
            "month": pa.array([MONTHS[number % 3] for number in numbers], pa.date32()),
            "country": [["Germany", "France"][number // 3 % 2] for number in numbers],
            "at": pa.array(instants, pa.timestamp("us", tz=ZONE)),
            "orders": pa.array([10 + number for number in numbers], pa.int64()),
            "average__price": [1.5 * number for number in numbers],
        }
    )
    return result_of(table, COLUMNS, chart=chart, **more)


def chart_of(kind: ChartKind, *, x: str = "month", y: tuple[str, ...] = ("orders",), color: str | None = None) -> Chart:
    return Chart(kind=kind, x=x, y=y, color=color)


def drawn(content: bytes) -> openpyxl.chart._chart.ChartBase:
    (chart,) = workbook(content)["About"]._charts
    return chart


def cells(content: bytes, reference: str) -> list[object]:
    """What stands where a chart points to."""
    sheet, area = reference.rsplit("!", 1)
    found = workbook(content)[sheet.strip("'")][area.replace("$", "")]
    return [row[0].value for row in found] if isinstance(found, tuple) else [found.value]


@pytest.mark.parametrize(
    ("kind", "x", "color", "expected"),
    [
        (ChartKind.LINE, "month", "country", "LineChart"),
        (ChartKind.LINE, "at", None, "ScatterChart"),
        (ChartKind.AREA, "month", "country", "AreaChart"),
        (ChartKind.BAR, "month", "country", "BarChart"),
        (ChartKind.HORIZONTAL_BAR, "country", None, "BarChart"),
        (ChartKind.SCATTER, "orders", "country", "ScatterChart"),
        (ChartKind.PIE, "country", None, "PieChart"),
    ],
)
def test_every_kind_is_drawn_by_the_spreadsheet(kind, x, color, expected):
    y = "average__price" if kind is ChartKind.SCATTER else "orders"
    content, rendering = written(sales(chart_of(kind, x=x, y=(y,), color=color)), chart_note=MISSING)
    assert type(drawn(content)).__name__ == expected
    assert workbook(content)["About"]._images == []
    assert rendering.notes == ()


def test_points_that_are_the_rows_stay_tied_to_them():
    content, _ = written(sales(chart_of(ChartKind.BAR), rows=3))
    (series,) = drawn(content).series
    assert (series.cat.numRef.f, series.val.numRef.f) == ("'Rows'!$A$2:$A$4", "'Rows'!$D$2:$D$4")
    assert series.tx.strRef.f == "'Rows'!$D$1"
    assert [point.v for point in series.val.numRef.numCache.pt] == [10, 11, 12]
    assert "Chart data" not in workbook(content).sheetnames


def test_a_split_by_colour_has_a_sheet_of_its_numbers():
    content, _ = written(sales(chart_of(ChartKind.LINE, color="country"), rows=5))
    series = drawn(content).series
    assert [cells(content, one.tx.strRef.f) for one in series] == [["Germany"], ["France"]]
    assert [cells(content, one.val.numRef.f) for one in series] == [[10, 11, 12], [13, 14, None]]
    days = [cell.date() for cell in cells(content, series[1].cat.numRef.f)]
    assert days == MONTHS
    assert [series[1].val.numRef.numCache.ptCount, len(series[1].val.numRef.numCache.pt)] == [3, 2]


def test_rows_of_one_place_are_added_up_as_in_the_picture():
    content, _ = written(sales(chart_of(ChartKind.HORIZONTAL_BAR, x="country")))
    (series,) = drawn(content).series
    assert cells(content, series.cat.strRef.f) == ["Germany", "France"]
    assert cells(content, series.val.numRef.f) == [10 + 11 + 12, 13 + 14 + 15]


def test_times_stand_where_they_are():
    content, _ = written(sales(chart_of(ChartKind.LINE, x="at"), rows=3))
    (series,) = drawn(content).series
    assert series.xVal.numRef.f == "'Rows'!$C$2:$C$4"
    assert [float(point.v) for point in series.xVal.numRef.numCache.pt] == pytest.approx(
        [46349 + (9.5 + hour) / 24 for hour in range(3)]
    )


def test_a_slice_too_many_is_merged():
    names = [f"Product {number}" for number in range(8)]
    table = pa.table({"name": names, "orders": list(range(8, 0, -1))})
    columns = (column("name", FieldType.TEXT), measure("orders"))
    content, _ = written(result_of(table, columns, chart=Chart(kind=ChartKind.PIE, x="name", y=("orders",))))
    (series,) = drawn(content).series
    assert cells(content, series.cat.strRef.f) == [*names[:4], "Others (4 more)"]
    assert cells(content, series.val.numRef.f) == [8, 7, 6, 5, 4 + 3 + 2 + 1]


def test_markup_in_names_is_text():
    table = pa.table({"name": ['<b> & "co" $', "$2"], "orders": [1, 2]})
    columns = (column("name", FieldType.TEXT), measure("orders"))
    content, _ = written(result_of(table, columns, chart=Chart(kind=ChartKind.PIE, x="name", y=("orders",))))
    (series,) = drawn(content).series
    assert cells(content, series.cat.strRef.f) == ["$2", '<b> & "co" $']


def test_the_first_colour_is_the_organizations():
    chart = sales(chart_of(ChartKind.BAR, color="country"))
    own, _ = written(chart)
    branded, _ = written(chart, XlsxRenderer().fitted(wished(Branding(accent="#005599"))))
    assert [one.spPr.solidFill.srgbClr for one in drawn(own).series] == [each[1:] for each in CATEGORICAL[:2]]
    assert drawn(branded).series[0].spPr.solidFill.srgbClr == "005599"


@pytest.mark.parametrize(
    "chart",
    [
        chart_of(ChartKind.SCATTER, x="country"),
        chart_of(ChartKind.PIE, x="country", y=("average__price",)),
        chart_of(ChartKind.LINE, x="gone"),
    ],
)
def test_what_a_spreadsheet_cannot_draw_is_the_picture(chart):
    content, rendering = written(sales(chart), chart=ChartImage(png=PIXEL, width=800, height=400))
    assert (workbook(content)["About"]._charts, len(workbook(content)["About"]._images)) == ([], 1)
    assert rendering.notes == ()
    content, rendering = written(sales(chart), chart_note=MISSING)
    assert rendering.notes == (MISSING,)
    assert MISSING in cover_texts(content)


@pytest.mark.parametrize("rows_per_sheet", [3_000, 1_048_575])
def test_more_rows_than_a_chart_shows_are_the_picture(rows_per_sheet):
    result = sales(chart_of(ChartKind.HORIZONTAL_BAR, x="country"), rows=MOST_CHART_ROWS + 1)
    picture = ChartImage(png=PIXEL, width=800, height=400)
    content, _ = written(result, XlsxRenderer(rows_per_sheet=rows_per_sheet), chart=picture)
    assert workbook(content)["About"]._charts == []


def test_a_line_goes_from_left_to_right_whatever_the_order_of_the_rows():
    table = pa.table({"month": pa.array(MONTHS[::-1], pa.date32()), "orders": [3, 2, 1]})
    chart = chart_of(ChartKind.LINE)
    content, _ = written(result_of(table, (COLUMNS[0], measure("orders")), chart=chart))
    (series,) = drawn(content).series
    assert [cell.date() for cell in cells(content, series.cat.numRef.f)] == MONTHS
    assert cells(content, series.val.numRef.f) == [1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "column_type", "values"),
    [
        ("float", pa.float64(), [1.0, float("inf")]),
        ("day", pa.date32(), [20_000, 10_000_000]),
    ],
)
def test_infinities_and_days_beyond_every_calendar_are_left_to_the_picture(kind, column_type, values):
    table = pa.table({"x": pa.array(values, column_type), "orders": [1, 2]})
    x = column("x", FieldType.DATE if kind == "day" else FieldType.DECIMAL)
    content, _ = written(
        result_of(table, (x, measure("orders")), chart=Chart(kind=ChartKind.SCATTER, x="x", y=("orders",)))
    )
    assert workbook(content)["About"]._charts == []


def test_numbers_written_as_text_are_drawn_from_a_sheet_that_has_them():
    table = pa.table({"name": ["a", "b"], "orders": [1234567890123456, 5]})
    columns = (column("name", FieldType.TEXT), measure("orders"))
    content, _ = written(result_of(table, columns, chart=Chart(kind=ChartKind.BAR, x="name", y=("orders",))))
    (series,) = drawn(content).series
    assert cells(content, series.val.numRef.f) == [1.234567890123456e15, 5]


def test_a_chart_leaves_room_on_the_cover_and_says_what_it_is():
    content, _ = written(sales(chart_of(ChartKind.BAR)))
    about = workbook(content)["About"]
    places = {cell.value: cell.row for row in about.iter_rows() for cell in row if cell.value}
    start = about._charts[0].anchor._from.row
    height_px = about._charts[0].anchor.ext.height / 9525
    assert places["Headline numbers"] < start + 1
    assert start + height_px / 20 <= places["About this report"]
    assert 'descr="Chart: Weekly &lt;orders&gt; &amp; more"' in part(content, "xl/drawings/drawing1.xml")
