"""What people read: numbers, days, instants, headers, headline numbers; and the exact text that files hold."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from core.domain.field import FieldType, Format, NumberStyle
from core.render.cell_text import Alterations, clean_characters, guarded_characters, number_text, utf8_array
from core.render.cells import (
    change_in_words,
    compact_number,
    display_number,
    display_strings,
    display_value,
    header_label,
)
from tests.render_results import column

NEW_YORK = "America/New_York"


def shown(array: pa.Array, kind: FieldType = FieldType.DECIMAL, key: str = "x", **format_fields: object) -> list[str]:
    return display_strings(array, column(key, kind, **format_fields), timezone=NEW_YORK)


def decimals(*texts: str | None, scale: int = 2) -> pa.Array:
    return pa.array([None if text is None else Decimal(text) for text in texts], pa.decimal128(30, scale))


@pytest.mark.parametrize(
    ("array", "format_fields", "expected"),
    [
        (pa.array([1234567, None, -5]), {}, ["1,234,567", "", "-5"]),
        (pa.array([2026]), {"style": NumberStyle.PLAIN}, ["2026"]),
        (pa.array([1500]), {"style": NumberStyle.CURRENCY}, ["1,500.00"]),
        (pa.array([1500]), {"decimals": 1}, ["1,500.0"]),
        (pa.array([1234.5, 0.0, None]), {}, ["1,234.50", "0.00", ""]),
        (pa.array([0.0034, -0.0004, 0.006]), {}, ["0.0034", "-0.0004", "0.01"]),
        (pa.array([0.0034]), {"decimals": 2}, ["0.00"]),
        (pa.array([math.nan, math.inf, -math.inf]), {}, ["NaN", "∞", "-∞"]),
        (pa.array([math.nan, 0.5]), {"style": NumberStyle.PERCENT}, ["NaN", "50.0%"]),
        (pa.array([0.1 + 0.2]), {"style": NumberStyle.PLAIN}, ["0.30000000000000004"]),
        (decimals("1234.50", None), {}, ["1,234.50", ""]),
        (decimals("0.125", "-0.125", scale=3), {"decimals": 2}, ["0.13", "-0.13"]),
        (decimals("0.1235", scale=4), {"style": NumberStyle.PERCENT}, ["12.4%"]),
        (decimals("1.10"), {"style": NumberStyle.PLAIN}, ["1.10"]),
        (decimals("99999999999999999999.99"), {}, ["99,999,999,999,999,999,999.99"]),
        (decimals("7", scale=0), {"style": NumberStyle.CURRENCY}, ["7.00"]),
    ],
)
def test_numbers(array, format_fields, expected):
    assert shown(array, **format_fields) == expected


def test_averages_of_exact_numbers_show_two_decimals():
    array = decimals("12.345678", scale=6)
    assert shown(array, key="average__amount") == ["12.35"]
    assert shown(array, key="amount") == ["12.345678"]


def test_days_of_any_year():
    array = pa.array([0, None, -719_162, 2_932_896, 5_000_000], pa.date32())
    assert shown(array, FieldType.DATE) == ["1 Jan 1970", "", "1 Jan 0001", "31 Dec 9999", "15 Jul 15659"]


def test_instants_in_the_reports_timezone():
    array = pa.array([datetime(2026, 11, 23, 3, 5, tzinfo=UTC), None], pa.timestamp("us", tz="UTC"))
    assert shown(array, FieldType.DATETIME) == ["22 Nov 2026, 22:05", ""]


def test_booleans_text_and_nothing():
    assert shown(pa.array([True, False, None]), FieldType.BOOLEAN) == ["Yes", "No", ""]
    assert shown(pa.array(["a", None]), FieldType.TEXT) == ["a", ""]
    assert shown(pa.nulls(2), FieldType.TEXT) == ["", ""]
    assert shown(pa.array(["a", "b", "a"]).dictionary_encode(), FieldType.TEXT) == ["a", "b", "a"]
    assert shown(pa.chunked_array([["a"], ["b"]]), FieldType.TEXT) == ["a", "b"]
    assert shown(pa.chunked_array([], pa.int64()), FieldType.INTEGER) == []


def test_replaced_characters_are_counted():
    tally = Alterations()
    texts = display_strings(
        pa.array(["a\x00b", "fine"]), column("note", FieldType.TEXT), timezone="UTC", alterations=tally
    )
    assert texts == ["a\ufffdb", "fine"]
    assert tally.as_dict() == {"Note": {"control characters replaced": 1}}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (None, FieldType.TEXT, ""),
        (True, FieldType.BOOLEAN, "Yes"),
        (1234, FieldType.INTEGER, "1,234"),
        (1234, FieldType.TEXT, "1234"),
        (Decimal("1234.50"), FieldType.DECIMAL, "1,234.50"),
        (1234.5, FieldType.DECIMAL, "1,234.50"),
        (date(2026, 11, 3), FieldType.DATE, "3 Nov 2026"),
        (datetime(2026, 11, 23, 3, 5, tzinfo=UTC), FieldType.DATETIME, "22 Nov 2026, 22:05"),
        ("\ud800", FieldType.TEXT, "\ufffd\ufffd\ufffd"),
    ],
)
def test_one_value(value, kind, expected):
    assert display_value(value, kind, Format(), NEW_YORK) == expected


def test_a_column_and_a_single_value_read_the_same():
    values = [Decimal("2.675"), Decimal("-2.675"), Decimal("1234567.005")]
    fmt = Format(decimals=2)
    array = pa.array(values, pa.decimal128(12, 3))
    assert shown(array, decimals=2) == [display_number(value, fmt) for value in values]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (12.345, "12.35"),
        (1000, "1k"),
        (12_345, "12.3k"),
        (999_950, "1M"),
        (1_240_000, "1.24M"),
        (-12_345, "-12.3k"),
        (Decimal("12345678901.5"), "12.3B"),
        (7.5e15, "7,500T"),
        (math.inf, "∞"),
    ],
)
def test_compact_numbers(value, expected):
    assert compact_number(value, Format()) == expected


def test_compact_numbers_know_percent_and_currency():
    assert compact_number(0.1234, Format(style=NumberStyle.PERCENT)) == "12.3%"
    assert compact_number(512, Format(style=NumberStyle.CURRENCY)) == "512.00"
    assert compact_number(51_200, Format(style=NumberStyle.CURRENCY)) == "51.2k"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (0.123, "+12.3%"),
        (-0.03, "-3.0%"),
        (12.5, "+1,250.0%"),
        (0.0001, "no change"),
        (None, "no comparison"),
        (math.nan, "no comparison"),
    ],
)
def test_changes(change, expected):
    assert change_in_words(change) == expected


def test_header_labels():
    assert header_label(column("revenue", FieldType.DECIMAL, unit="EUR")) == "Revenue (EUR)"
    assert header_label(column("time (min)", FieldType.DECIMAL, unit="min")) == "Time (min)"


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\uff1dx", "\uff0bx", "\uff0dx", "\uff20x", "-\n"]
)
def test_text_that_looks_like_a_formula(text):
    assert guarded_characters(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-", "+", "1-1", " =1", "a=b", "'=1", "2+2"])
def test_text_that_does_not(text):
    assert guarded_characters(text) == text


def test_exact_text_of_numbers():
    exact = number_text(pa.array([Decimal("0.0000001"), None], pa.decimal128(20, 7)))
    assert exact.to_pylist() == ["0.0000001", None]
    floats = number_text(pa.array([0.1, math.nan, math.inf, -math.inf, None]))
    assert floats.to_pylist() == ["0.1", "NaN", "Infinity", "-Infinity", None]


def test_other_types_keep_their_content():
    assert utf8_array(pa.array([[1, 2], None])).to_pylist() == ["[1, 2]", None]
    assert utf8_array(pa.array([b"abc", b"\xff"])).to_pylist() == ["abc", "\ufffd"]


def test_clean_characters():
    assert clean_characters("a\x00\x1f\ufffe\ud800b\n\t") == "a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdb\n\t"


def test_counts_add_up():
    tally = Alterations()
    tally.count("b", "cut", 2)
    tally.count("a", "cut", 1)
    tally.count("b", "cut", 3)
    tally.count("c", "cut", 0)
    assert tally.as_dict() == {"a": {"cut": 1}, "b": {"cut": 5}}
    assert list(tally.as_dict()) == ["a", "b"]
