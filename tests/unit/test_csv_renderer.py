"""CSV: one dialect, every value exact, every guarded cell counted; read back with the standard library's csv module."""

import csv
import io
import math
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from core.domain.dataset import FieldType
from core.domain.result import Result
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
    raw, altered = written(result_of(table, columns), CsvRenderer(raw=True))
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
