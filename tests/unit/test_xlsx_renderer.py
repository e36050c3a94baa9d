"""XLSX: typed cells, a cover, sheets that go on; read back with openpyxl."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from core.domain.field import FieldType, NumberStyle
from core.render.cell_text import CUT, UNREADABLE
from core.render.renderer import ChartImage
from core.render.xlsx.cells import LONG_NUMBER, REPEATED_HOUR
from core.render.xlsx.sheet_columns import column_letter
from core.render.xlsx_renderer import XlsxRenderer
from tests.render_results import ODD_CASES, ZONE, broken_utf8, column, odd_result, ordinary_result, result_of
from tests.xlsx_parts import PIXEL, cover_texts, wished, workbook, written


def local(*fields: int) -> datetime:
    """A workbook's times have no zone: they are local ones."""
    return datetime(*fields, tzinfo=UTC).replace(tzinfo=None)


def as_excel_reads(text: str) -> str:
    """openpyxl leaves Excel's _xHHHH_ escapes as they stand in the file; Excel decodes them."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def same(value: object, cell: object) -> bool:
    if value is None or cell is None:
        return value in (None, "") and cell is None
    if isinstance(value, str):
        return isinstance(cell, str) and as_excel_reads(cell) == value
    if isinstance(value, datetime):
        return isinstance(cell, datetime) and cell == value.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
    if isinstance(value, date):
        return isinstance(cell, datetime) and cell.date() == value
    if isinstance(value, Decimal):
        return isinstance(cell, int | float) and float(value) == cell
    return type(value) in (type(cell), float) and value == cell


@pytest.mark.parametrize("case", ODD_CASES)
def test_every_odd_value_reads_back_equal_or_is_counted(case):
    values, arrow_type, kind = ODD_CASES[case]
    content, rendering = written(odd_result(values, arrow_type, kind))
    rows = list(workbook(content)["Rows"].iter_rows(min_row=2, values_only=True))
    different = 0
    for number, (value, row) in enumerate(zip(values, rows, strict=True)):
        assert (row[0], row[2]) == (number, f"row {number}")
        different += not same(value, row[1])
    reasons = rendering.altered.get("Odd", {})
    # both 02:30 of the night that has two read back as the same time: that they differ is what is lost
    assert different + reasons.get(REPEATED_HOUR, 0) == sum(reasons.values())


def test_text_is_never_a_formula_and_long_numbers_keep_their_digits():
    table = pa.table({"a": ["=1+1", "+1", "007"], "b": [1234567890123456, 5, -5]})
    content, rendering = written(result_of(table, (column("a", FieldType.TEXT), column("b", FieldType.INTEGER))))
    sheet = workbook(content)["Rows"]
    assert [cell.value for cell in sheet["A"][1:]] == ["=1+1", "+1", "007"]
    assert [cell.number_format for cell in sheet["A"][1:]] == ["@", "@", "@"]
    assert "<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet2.xml").decode()
    assert [cell.value for cell in sheet["B"][1:]] == ["1234567890123456", 5, -5]
    assert rendering.altered == {"B": {LONG_NUMBER: 1}}


def test_cells_are_cut_on_a_whole_character():
    table = pa.table({"a": ["z" * 32_766 + "😀"]})
    content, rendering = written(result_of(table, (column("a", FieldType.TEXT),)))
    assert workbook(content)["Rows"]["A2"].value == "z" * 32_766
    assert rendering.altered == {"A": {CUT: 1}}


def test_bytes_that_are_not_utf8_are_replaced_and_counted():
    content, rendering = written(result_of(pa.table({"a": broken_utf8()}), (column("a", FieldType.TEXT),)))
    assert [cell.value for cell in workbook(content)["Rows"]["A"][1:]] == ["fine", "\ufffd\ufffd\ufffd", "ünï"]
    assert rendering.altered == {"A": {UNREADABLE: 1}}


def test_raw_texts_have_no_guard():
    result = result_of(pa.table({"a": ["=1+1"]}), (column("a", FieldType.TEXT),))
    content, _ = written(result, XlsxRenderer().fitted(wished(raw=True)))
    cell = workbook(content)["Rows"]["A2"]
    assert (cell.value, cell.data_type, cell.number_format) == ("=1+1", "s", "General")


def test_a_width_that_was_asked_for_is_kept():
    asked = replace(column("a", FieldType.TEXT), width=33)
    content, _ = written(result_of(pa.table({"a": ["x"]}), (asked,)))
    assert workbook(content)["Rows"].column_dimensions["A"].width == 33


def test_types_formats_header_filter_and_widths():
    content, rendering = written(ordinary_result(20))
    sheet = workbook(content)["Rows"]
    assert rendering.rows == 20
    assert [cell.value for cell in sheet[1]][4] == "Amount (EUR)"
    assert all(cell.font.b for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G21"
    assert [cell.number_format for cell in sheet[2]] == [
        "@", 'd mmm yyyy", "hh:mm', "d mmm yyyy", "#,##0", "#,##0.00", "0.0%", "General"
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]] == [
        None, local(2025, 11, 16, 1, 1, 1), local(2025, 11, 9), 1, 1.25, 0.001, False
    ]  # fmt: skip
    assert sheet.column_dimensions["B"].width > sheet.column_dimensions["D"].width


@pytest.mark.parametrize(
    ("format_fields", "expected"),
    [
        ({"style": NumberStyle.PLAIN}, "0"),
        ({"decimals": 3}, "#,##0.000"),
        ({"style": NumberStyle.PERCENT, "decimals": 0}, "0%"),
        ({"style": NumberStyle.CURRENCY}, "#,##0.00"),
    ],
)
def test_number_formats(format_fields, expected):
    columns = (column("a", FieldType.INTEGER, **format_fields),)
    content, _ = written(result_of(pa.table({"a": [2026]}), columns))
    assert workbook(content)["Rows"]["A2"].number_format == expected


def test_cover_tells_what_a_reader_needs():
    content, rendering = written(ordinary_result(5, rows_matched=12_345, row_limit=5))
    text = cover_texts(content)
    for words in (
        "Weekly <orders> & more",
        "Order lines of last week, by country.",
        "16 to 22 Nov 2026",
        "Country is DE or FR",
        "Mon 23 Nov 2026, 09:00 (Berlin)",
        "5 of 12,345 rows",
        "Only the first 5 of 12,345 rows are here",
        "ab" * 32,
        "1748202.51",
    ):
        assert words in text
    assert rendering.notes == ("Only the first 5 of 12,345 rows are here: the report is limited to 5.",)


def test_cover_names_altered_cells():
    content, _ = written(result_of(pa.table({"a": ["bell\x07"]}), (column("a", FieldType.TEXT),)))
    assert "A: 1 cell, control characters replaced" in cover_texts(content)


def test_rows_go_on_over_sheets():
    content, rendering = written(ordinary_result(25), XlsxRenderer(rows_per_sheet=10))
    book = workbook(content)
    assert book.sheetnames == ["About", "Rows", "Rows 2", "Rows 3"]
    assert [book[name].max_row for name in book.sheetnames[1:]] == [11, 11, 6]
    quantities = [row[3] for name in book.sheetnames[1:] for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert quantities == [None if number % 7 == 3 else number for number in range(25)]
    assert rendering.rows == 25
    assert any("3 sheets" in note for note in rendering.notes)


def test_a_full_sheet_does_not_start_an_empty_one():
    content, _ = written(ordinary_result(20), XlsxRenderer(rows_per_sheet=10))
    assert workbook(content).sheetnames == ["About", "Rows", "Rows 2"]


def test_chart_hangs_on_the_cover():
    content, rendering = written(
        ordinary_result(3), chart=ChartImage(png=PIXEL, width=800, height=400), chart_note="unused"
    )
    images = workbook(content)["About"]._images
    assert len(images) == 1
    assert rendering.notes == ()


def test_a_missing_chart_is_said():
    note = "The chart is missing: no browser was found."
    content, rendering = written(ordinary_result(3), chart_note=note)
    assert note in cover_texts(content)
    assert rendering.notes == (note,)


def test_package_is_sound_and_carries_no_clock():
    content, _ = written(ordinary_result(3))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    created = workbook(content).properties.created
    assert created.replace(tzinfo=UTC) == datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)


def test_a_target_that_holds_something_already_is_left_alone():
    target = io.BytesIO(b"before")
    target.seek(6)
    XlsxRenderer().render(ordinary_result(3), target)
    assert target.getvalue().startswith(b"before")
    assert workbook(target.getvalue()[6:]).sheetnames == ["About", "Rows"]


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_column_letters(index, letters):
    assert column_letter(index) == letters


def test_both_times_of_a_repeated_hour_are_counted():
    instants = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1, 2)]
    table = pa.table({"a": pa.array(instants, pa.timestamp("us", tz=ZONE))})
    content, rendering = written(result_of(table, (column("a", FieldType.DATETIME),)))
    shown = [cell.value for cell in workbook(content)["Rows"]["A"][1:]]
    assert shown == [local(2026, 10, 25, 2, 30), local(2026, 10, 25, 2, 30), local(2026, 10, 25, 3, 30)]
    assert rendering.altered == {"A": {REPEATED_HOUR: 2}}
