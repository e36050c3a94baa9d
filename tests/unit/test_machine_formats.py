"""JSON lines and Parquet: what goes in comes out of an independent reader, value for value."""

import io
import json
import math
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyarrow import parquet

from core.domain.field import FieldType
from core.render.jsonl_renderer import NOT_FINITE, JsonLinesRenderer
from core.render.parquet_renderer import FACTS_KEY, ParquetRenderer
from tests.render_results import ODD_CASES, ZONE, column, odd_result, ordinary_result, result_of


def lines_of(result):
    target = io.BytesIO()
    rendering = JsonLinesRenderer().render(result, target)
    return [json.loads(line, parse_float=Decimal) for line in target.getvalue().decode().split("\n")[:-1]], rendering


def table_of(result):
    target = io.BytesIO()
    rendering = ParquetRenderer().render(result, target)
    return parquet.read_table(io.BytesIO(target.getvalue())), rendering


def as_json(value):
    """What a value of Python's is in JSON lines."""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(ZONE)).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, float):
        return None if not math.isfinite(value) else value
    return value


@pytest.mark.parametrize("case", sorted(ODD_CASES))
def test_every_odd_value_comes_back_from_json_lines(case):
    values, arrow_type, kind = ODD_CASES[case]
    rows, rendering = lines_of(odd_result(values, arrow_type, kind))
    expected = [as_json(value) for value in values]
    read = [float(row["odd"]) if isinstance(row["odd"], Decimal) and case == "float" else row["odd"] for row in rows]
    assert read == expected
    assert [row["after"] for row in rows] == [f"row {number}" for number in range(len(values))]
    lost = sum(isinstance(value, float) and not math.isfinite(value) for value in values)
    assert rendering.altered == ({"Odd": {NOT_FINITE: lost}} if lost else {})


@pytest.mark.parametrize("case", sorted(ODD_CASES))
def test_every_odd_value_comes_back_from_parquet(case):
    values, arrow_type, kind = ODD_CASES[case]
    table, rendering = table_of(odd_result(values, arrow_type, kind))
    expected = pa.array(values, arrow_type)
    read = table.column("odd").combine_chunks()
    assert [str(cell) for cell in read] == [str(cell) for cell in expected]
    assert rendering.altered == {}


def test_exact_numbers_keep_their_digits_in_json_lines():
    target = io.BytesIO()
    table = pa.table({"n": pa.array([Decimal("12345678901234567890.120")], pa.decimal128(30, 3))})
    JsonLinesRenderer().render(result_of(table, (column("n", FieldType.DECIMAL),)), target)
    assert target.getvalue() == b'{"n":12345678901234567890.120}\n'


def test_keys_are_escaped_as_json_wants():
    table = pa.table({'a "b"\n': ["x"]})
    rows, _ = lines_of(result_of(table, (column('a "b"\n', FieldType.TEXT),)))
    assert rows == [{'a "b"\n': "x"}]


def test_parquet_keeps_exact_types_and_says_what_it_is():
    target = io.BytesIO()
    ParquetRenderer().render(ordinary_result(10), target)
    schema = parquet.read_schema(io.BytesIO(target.getvalue()))
    assert schema.field("amount").type == pa.decimal128(12, 2)
    assert schema.field("ordered_at").type == pa.timestamp("us", tz=ZONE)
    assert schema.field("amount").metadata[b"label"] == b"Amount (EUR)"
    facts = json.loads(parquet.read_metadata(io.BytesIO(target.getvalue())).metadata[FACTS_KEY.encode()])
    assert facts["Title"] == "Weekly <orders> & more"
    assert facts["Rows"] == "10 of 10 rows"
    assert facts["Filters"] == "Country is DE or FR"


def test_a_result_without_rows_has_its_columns_and_types():
    result = ordinary_result(0)
    empty = pa.RecordBatch.from_pylist([], schema=ordinary_result(1).batches[0].schema)
    table, rendering = table_of(type(result)(head=result.head, batches=[empty]))
    assert table.column_names == [column.key for column in result.head.columns]
    assert table.schema.field("amount").type == pa.decimal128(12, 2)
    assert rendering.rows == 0
