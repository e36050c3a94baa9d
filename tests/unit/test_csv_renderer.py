"""CSV: one dialect, every value exact, every guarded cell counted; read back with the standard library's csv module."""

import csv
import gzip
import io
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from core.domain.csv_options import (
    CsvDateStyle,
    CsvLines,
    CsvNewline,
    CsvOptions,
    dump_csv_options,
    parse_csv_options,
)
from core.domain.field import FieldType
from core.domain.result import Result, ResultColumn
from core.errors import InvalidInput
from core.render.cell_text import FORMULA, UNREADABLE
from core.render.csv_renderer import CsvRenderer
from tests.render_results import ODD_CASES, broken_utf8, column, odd_result, ordinary_result, result_of

READ_BACK = {
    FieldType.TEXT: str,
    FieldType.INTEGER: int,
    FieldType.DATE: date.fromisoformat,
    FieldType.DATETIME: datetime.fromisoformat,
    FieldType.BOOLEAN: {"true": True, "false": False}.__getitem__,
}


def written(result: Result, renderer: CsvRenderer | None = None) -> tuple[str, dict[str, dict[str, int]]]:
    target = io.BytesIO()
    rendering = (renderer or CsvRenderer()).render(result, target)
    return target.getvalue().decode("utf-8"), rendering.altered


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("case", ODD_CASES)
def test_every_odd_value_reads_back_equal_or_is_counted(case):
    values, arrow_type, kind = ODD_CASES[case]
    text, altered = written(odd_result(values, arrow_type, kind))
    rows = rows_of(text)[1:]
    read = READ_BACK.get(kind) or (Decimal if pa.types.is_decimal(arrow_type) else float)
    different = 0
    for number, (value, row) in enumerate(zip(values, rows, strict=True)):
        assert (row[0], row[2]) == (str(number), f"row {number}")
        back = None if row[1] == "" and value is None else read(row[1])
        same = back == value or (isinstance(value, float) and math.isnan(value) and math.isnan(back))
        different += not same
    assert different == sum(altered.get("Odd", {}).values())


def test_dialect():
    text, altered = written(ordinary_result(4))
    assert text.split("\r\n") == [
        "Customer,Ordered at,Ship on,Quantity,Amount (EUR),Discount,Paid",
        "Ana Müller,2025-11-16T01:00:00+01:00,2025-11-08,0,0.00,0,true",
        ",2025-11-16T01:01:01+01:00,2025-11-09,1,1.25,0.001,false",
        '"O\'Hara ""Quick"", <b>",2025-11-16T01:02:02+01:00,2025-11-10,2,2.50,0.002,true',
        "東京商事,2025-11-16T01:03:03+01:00,2025-11-11,,3.75,0.003,false",
        "",
    ]
    assert altered == {}


def test_null_and_empty_text_differ():
    text, _ = written(
        result_of(
            pa.table({"a": [None, ""], "b": [1, 2]}), (column("a", FieldType.TEXT), column("b", FieldType.INTEGER))
        )
    )
    assert text.split("\r\n")[1:3] == [",1", '"",2']


def test_a_single_column_never_has_a_blank_line():
    text, _ = written(result_of(pa.table({"a": pa.array([None, 5], pa.int64())}), (column("a", FieldType.INTEGER),)))
    assert rows_of(text) == [["A"], [""], ["5"]]


def test_formula_guard_spares_numbers_and_is_off_in_raw_mode():
    table = pa.table({"a": ["=1+1", "fine"], "b": [-5, 5]})
    columns = (column("a", FieldType.TEXT), column("b", FieldType.INTEGER))
    guarded, altered = written(result_of(table, columns))
    assert rows_of(guarded)[1] == ["'=1+1", "-5"]
    assert altered == {"A": {FORMULA: 1}}
    raw, altered = written(result_of(table, columns), CsvRenderer(CsvOptions(raw=True)))
    assert rows_of(raw)[1] == ["=1+1", "-5"]
    assert altered == {}


def test_a_label_that_looks_like_a_formula_is_guarded():
    columns = (column("=cmd", FieldType.INTEGER),)
    text, altered = written(result_of(pa.table({"=cmd": [1]}), columns))
    assert text.startswith("'=cmd\r\n")
    assert altered == {"=cmd": {FORMULA: 1}}


def test_bytes_that_are_not_utf8_are_replaced_and_counted():
    text, altered = written(result_of(pa.table({"a": broken_utf8()}), (column("a", FieldType.TEXT),)))
    assert rows_of(text) == [["A"], ["fine"], ["\ufffd\ufffd\ufffd"], ["ünï"]]
    assert altered == {"A": {UNREADABLE: 1}}


def test_instants_before_whole_minute_offsets_and_past_datetime():
    stamps = pa.array([-3_000_000_000_000_000, 10**18, None], pa.timestamp("us", tz="America/New_York"))
    columns = (column("a", FieldType.DATETIME),)
    text, _ = written(result_of(pa.table({"a": stamps}), columns, timezone="America/New_York"))
    assert [row[0] for row in rows_of(text)[1:]] == [
        "1874-12-07T13:43:58-04:56:02",
        "33658-09-27T01:46:40.000000+00:00",
        "",
    ]


@pytest.mark.parametrize("batch_rows", [1, 7, 31_775, 100_000])
def test_batch_boundaries_do_not_show(batch_rows):
    whole, _ = written(ordinary_result(40_000, batch_rows=40_000))
    pieces, _ = written(ordinary_result(2_000 if batch_rows == 1 else 40_000, batch_rows=batch_rows))
    assert whole.startswith(pieces)
    assert len(pieces.splitlines()) == (2_001 if batch_rows == 1 else 40_001)


def of_day_and_instant() -> Result:
    at = datetime(2026, 7, 1, 9, 30, 0, 250_000, tzinfo=UTC)
    table = pa.table(
        {
            "day": [date(2026, 11, 3), None],
            "at": pa.array([at, None], pa.timestamp("us", tz="Europe/Berlin")),
            "amount": pa.array([Decimal("-1234.50"), None], pa.decimal128(12, 2)),
            "share": [0.25, math.nan],
            "note": ["a;b", "c,d"],
        }
    )
    kinds = ("DATE", "DATETIME", "DECIMAL", "DECIMAL", "TEXT")
    columns = tuple(column(key, FieldType[kind]) for key, kind in zip(table.column_names, kinds, strict=True))
    return result_of(table, columns)


@pytest.mark.parametrize(
    ("style", "day", "instant"),
    [
        (CsvDateStyle.DAY_FIRST, "03.11.2026", "01.07.2026 11:30:00.250000"),
        (CsvDateStyle.DAY_FIRST_SLASHES, "03/11/2026", "01/07/2026 11:30:00.250000"),
        (CsvDateStyle.MONTH_FIRST, "11/03/2026", "07/01/2026 11:30:00.250000"),
    ],
)
def test_delimiter_decimal_and_date_style(style, day, instant):
    options = CsvOptions(delimiter=";", decimal=",", date_style=style, newline=CsvNewline.LF)
    target = io.BytesIO()
    rendering = CsvRenderer(options).render(of_day_and_instant(), target)
    assert target.getvalue().decode().split("\n") == [
        "Day;At;Amount;Share;Note",
        f'{day};{instant};-1234,50;0,25;"a;b"',
        ";;;NaN;c,d",
        "",
    ]
    assert rendering.notes == ("Times are those of Europe/Berlin.",)
    assert rendering.rows == 2


def test_byte_order_mark_and_gzip():
    plain, _ = written(of_day_and_instant())
    renderer = CsvRenderer(CsvOptions(bom=True, gzip=True))
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        renderer.render(of_day_and_instant(), file)
    assert files[0].getvalue() == files[1].getvalue()
    assert gzip.decompress(files[0].getvalue()) == b"\xef\xbb\xbf" + plain.encode()
    assert (renderer.extension, renderer.media_type) == ("csv.gz", "application/gzip")
    assert (CsvRenderer().extension, CsvRenderer().media_type) == ("csv", "text/csv; charset=utf-8")


def test_floats_have_digits_where_people_can_read_them():
    numbers = [12345678901.5, 1e10, 999999999999999.0, 1e15, 0.0001, 0.00001, 1.5e-7, -2.5e-10, 1e-11, None]
    text, _ = written(result_of(pa.table({"a": numbers, "b": range(10)}), columns_of_numbers()))
    assert " ".join(row[0] for row in rows_of(text)[1:]) == (
        "12345678901.5 10000000000 999999999999999 1e+15 0.0001 1e-05 1.5e-07 -2.5e-10 1e-11 "
    )


def columns_of_numbers() -> tuple[ResultColumn, ...]:
    return (column("a", FieldType.DECIMAL), column("b", FieldType.INTEGER))


def test_instants_after_2037_have_the_offsets_of_the_rules():
    stamps = pa.array([datetime(2050, 7, 1, 12, tzinfo=UTC)], pa.timestamp("us", tz="America/New_York"))
    text, _ = written(
        result_of(pa.table({"a": stamps}), (column("a", FieldType.DATETIME),), timezone="America/New_York")
    )
    assert rows_of(text)[1] == ["2050-07-01T08:00:00-04:00"]


class Source:
    """Writes what it is told to."""

    def __init__(self, *chunks: bytes, is_whole: bool) -> None:
        self.lines_given = CsvLines(rows=7, guarded={"a": 2}, is_whole=is_whole)
        self.lines_given.chunks = (chunk for chunk in chunks)

    def lines(self, keys: list[str], options: CsvOptions) -> CsvLines:
        assert (keys, options) == (["a"], CsvOptions())
        return self.lines_given


def test_the_lines_of_a_source_are_taken_as_they_are():
    result = result_of(pa.table({"a": ["batches"]}), (column("a", FieldType.TEXT),))
    target = io.BytesIO()
    rendering = CsvRenderer().render(replace(result, csv=Source(b"x\r\n", b"y\r\n", is_whole=True)), target)
    assert target.getvalue() == b"A\r\nx\r\ny\r\n"
    assert (rendering.rows, rendering.altered) == (7, {"A": {FORMULA: 2}})


def test_where_a_source_gives_up_the_file_begins_anew():
    result = result_of(pa.table({"a": ["batches"]}), (column("a", FieldType.TEXT),))
    target = io.BytesIO(b"before")
    target.seek(6)
    rendering = CsvRenderer().render(replace(result, csv=Source(b"a long line\r\n", is_whole=False)), target)
    assert target.getvalue() == b"beforeA\r\nbatches\r\n"
    assert (rendering.rows, rendering.altered) == (1, {})


def test_options_are_read_from_json():
    assert parse_csv_options({}) == CsvOptions()
    given = {"bom": True, "delimiter": ";", "decimal": ",", "date_style": "day_first", "gzip": True, "raw": True}
    options = parse_csv_options(given)
    assert options.date_style is CsvDateStyle.DAY_FIRST
    assert dump_csv_options(options) == given


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ([], "options"),
        ({"delimiter": "x"}, "options.delimiter"),
        ({"decimal": ","}, "options.decimal"),
        ({"date_style": "roman"}, "options.date_style"),
        ({"bom": 1}, "options.bom"),
        ({"colour": "red"}, "options.colour"),
    ],
)
def test_options_that_cannot_be_are_refused(data, place):
    with pytest.raises(InvalidInput) as raised:
        parse_csv_options(data)
    assert raised.value.place == place
