"""The poison table: a column for each kind of odd value, in each type that it can occur in, beside what went in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

import numpy as np
import pyarrow as pa

from core.domain.field import FieldType, Format, NumberStyle
from core.domain.result import ColumnRole, Result, ResultColumn
from tests.render_results import result_of

ROW = "Row"  #: label of the first column, by which rows are found again


class Kind(Enum):
    """What the reference cells are."""

    TEXT = auto()  #: bytes, which may be no UTF-8
    NUMBER = auto()  #: int, float or Decimal
    BOOLEAN = auto()
    DAY = auto()  #: days since 1970
    INSTANT = auto()  #: microseconds since 1970
    BYTES = auto()
    SPAN = auto()  #: a timedelta
    NESTED = auto()  #: lists and dicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """A column: `cells` are what went in, in Python's own terms."""

    label: str
    kind: Kind
    type: FieldType
    cells: list[object]
    array: pa.Array
    format: Format = Format()

    @property
    def header(self) -> str:
        """Its heading where the numbers themselves stand."""
        return f"{self.label} (s)" if self.format.style is NumberStyle.DURATION else self.label

    @property
    def column(self) -> ResultColumn:
        """Its description; the key differs from the label, as in every report."""
        key = "".join(letter if letter.isalnum() else "_" for letter in self.label.lower())
        return ResultColumn(key=key, label=self.label, type=self.type, role=ColumnRole.DIMENSION, format=self.format)


def texts(label: str, *cells: str | bytes | None, small: bool = False) -> Poison:
    """Texts by their bytes: the only way to hand over what is no UTF-8."""
    raw = [cell.encode("utf-8", "surrogatepass") if isinstance(cell, str) else cell for cell in cells]
    ends = np.cumsum([0, *(len(cell or b"") for cell in raw)])
    valid = np.packbits([cell is not None for cell in raw], bitorder="little")
    buffers = [valid.tobytes(), ends.astype("int32" if small else "int64").tobytes(), b"".join(filter(None, raw))]
    array = pa.Array.from_buffers(
        pa.string() if small else pa.large_string(), len(raw), [pa.py_buffer(each) for each in buffers]
    )
    return Poison(label=label, kind=Kind.TEXT, type=FieldType.TEXT, cells=list(raw), array=array)


def _numbers(label: str, arrow: pa.DataType, *cells: object, style: NumberStyle = NumberStyle.NUMBER) -> Poison:
    kind = FieldType.INTEGER if pa.types.is_integer(arrow) else FieldType.DECIMAL
    array = pa.array(cells, arrow)
    return Poison(label=label, kind=Kind.NUMBER, type=kind, cells=list(cells), array=array, format=Format(style=style))


def _singles(*cells: float | None) -> list[float | None]:
    """As near as single precision comes."""
    return [None if cell is None else float(np.float32(cell)) for cell in cells]


def _days(label: str, *cells: date | int | None) -> Poison:
    days = [(cell - date(1970, 1, 1)).days if isinstance(cell, date) else cell for cell in cells]
    array = pa.array(days, pa.int32()).cast(pa.date32())
    return Poison(label=label, kind=Kind.DAY, type=FieldType.DATE, cells=list(days), array=array)


def _instants(label: str, zone: str, *cells: datetime | int | None) -> Poison:
    micros = [_micros(cell) for cell in cells]
    array = pa.array(micros, pa.int64()).cast(pa.timestamp("us", tz=zone))
    return Poison(label=label, kind=Kind.INSTANT, type=FieldType.DATETIME, cells=list(micros), array=array)


def _micros(cell: datetime | int | None) -> int | None:
    if not isinstance(cell, datetime):
        return cell
    since = cell - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _exact(*numbers: str) -> list[Decimal | None]:
    return [None, *map(Decimal, numbers)]


def _at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def poisons(zone: str) -> list[Poison]:
    """Every column; instants are in `zone`."""
    return [*_text_poisons(), *_number_poisons(), *_moment_poisons(zone), *_other_poisons()]


def _text_poisons() -> list[Poison]:
    return [
        texts("Null and empty text", None, "", "NULL", "null", "None", "NA", "\\N", "#N/A"),
        texts("Spaces around text", " leading", "trailing ", "  ", "in   between", "\u00a0no-break\u00a0"),
        texts("Line breaks and tabs", "two\nlines", "cr\r\nlf", "lone\rcr", "tab\there", "end\n", "u\u2028v\u2029w\x85x"),  # noqa: E501
        texts("Quotes and separators", 'a " b', '"', '""', "comma, inside", "semi;colon", "pipe|", "back\\slash", "it's"),  # noqa: E501
        texts("Text of 32,767 characters", "x" * 32_767, "😀" * 16_383 + "a", small=True),
        texts("Text of more than 32,767 characters", "y" * 32_768, "z" * 40_000, "😀" * 16_384, "a" * 32_766 + "😀"),
        texts("Control characters", "nul\x00", "bell\x07", "\x1b[31mred", "\x0b\x0c", "\ufffe", "a\uffff", "del\x7fc1\x9f"),  # noqa: E501
        texts("Broken UTF-8 and lone surrogates", b"\xed\xa0\x80", b"caf\xe9", b"a\xffb", b"\xf0\x9f\x98", small=True),
        texts(
            "Text that looks like a formula",
            "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201",
            '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "-5",
        ),
        texts("Text that looks like none", "-", "+", "'=quoted", " =1", "a=1", "1-1", "e@x.org"),
        texts("Text with _x0041_ in it", "_x0041_", "_x000D_", "_x005F_x0041_", "_x0041_x0042_", "_x0041", "__x0041__"),
        texts("Markup", "&amp;", "<script>alert(1)</script>", "]]>", "</td></tr></table>", "<!--", "&#13;", "%0A{{7*7}}"),  # noqa: E501
        texts("Text that looks like another type", "00123", "1e5", "TRUE", "true", "2026-11-23", "123456789012345678",
              "NaN", "Infinity", "1.234,50", "0x1F", "1/2", "MARCH1"),
        texts("Scripts and emoji", "ünïcödé", "日本語", "Ελληνικά", "Привет", "e\u0301", "\U0001f600", "\U0002070e", "ﬁ"),  # noqa: E501
        texts("Right to left", "مرحبا", "שלום", "\u200fab\u200e", "\u202egnp.exe", "zero\u200bwidth", "\ufeffmark"),
    ]  # fmt: skip


def _number_poisons() -> list[Poison]:
    most = 10**15
    nan, inf = float("nan"), float("inf")
    return [
        _numbers("Integers of up to 15 digits", pa.int64(), None, 0, -1, most - 1, 1 - most),
        _numbers("Integers of more than 15 digits", pa.int64(), most, -most, 2**53 + 1, 2**63 - 1, -(2**63)),
        _numbers("Unsigned integers", pa.uint64(), 10**19, 2**64 - 1),
        _numbers(
            "Exact numbers of up to 15 digits", pa.decimal128(38, 10),
            *_exact("0.0000000000", "-0.0000000001", "12.5000000000", "12345.1234567890", "9999999999999.0000000000"),
        ),
        _numbers(
            "Exact numbers of more than 15 digits", pa.decimal128(38, 10),
            *map(Decimal, ["123456.1234567891", "9999999999999999.0000000000", "9999999999999999999999999999.9999999999"]),  # noqa: E501
        ),
        _numbers(
            "Exact numbers of 38 digits", pa.decimal128(38, 37),
            *map(Decimal, ["1." + "0" * 36 + "1", "-9." + "9" * 37, "1.2345678901234567890123456789012345678"]),
        ),
        _numbers(
            "Floating numbers", pa.float64(),
            None, 0.0, -0.0, 0.1 + 0.2, 1e-5, 1e-7, 5e-324, 12345678901.5, 1e15, 1e22, 1.7976931348623157e308, -1 / 3,
        ),
        _numbers("Not a number and infinities", pa.float64(), nan, inf, -inf),
        _numbers(
            "Floating numbers of single precision", pa.float32(),
            *_singles(None, 0.0, -0.0, 0.1, -1 / 3, 16_777_216.0, 1e-5, 1e-40, 123_456.789, 1e12, 1e20, 3.4028234e38),
        ),
        _numbers("Not a number and infinities of single precision", pa.float32(), nan, inf, -inf),
        _numbers(
            "Durations", pa.float64(), None, 0.0, 0.25, 59.0, 59.9, 60.0, 3599.0, 3900.0, 90_061.5, -3900.0, 1e9,
            style=NumberStyle.DURATION,
        ),
        _numbers("Durations in whole seconds", pa.int64(), None, 0, 61, -59, 10**15, style=NumberStyle.DURATION),
        _numbers("Endless durations", pa.float64(), nan, inf, -inf, style=NumberStyle.DURATION),
    ]  # fmt: skip


def _moment_poisons(zone: str) -> list[Poison]:
    return [
        _days("Days from March 1900 to 9999", None, date(1900, 3, 1), date(1970, 1, 1), date(2024, 2, 29), date(9999, 12, 31)),  # noqa: E501
        _days(
            "Days outside March 1900 to 9999",
            date(1, 1, 1), date(1582, 10, 4), date(1582, 10, 15), date(1899, 12, 31), date(1900, 2, 28),
            -719_163, -735_594, -1_500_000, 2_932_897, 100_000_000,
        ),
        _instants(
            "Instants", zone,
            None, _at(1900, 3, 2, 12), _at(1911, 3, 10, 12), _at(1970, 1, 1), _at(2026, 3, 29, 0, 59, 59), _at(2026, 3, 29, 1),  # noqa: E501
            _at(2026, 3, 8, 7), _at(2026, 11, 23, 8, 0, 0, 123_000), _at(2038, 1, 20), _at(2040, 7, 1, 12), _at(2500, 7, 1),  # noqa: E501
            _at(9999, 12, 30),
        ),
        _instants(
            "Instants finer than a millisecond", zone,
            _at(2026, 11, 23, 8, 0, 0, 123_456), _at(2026, 11, 23, 8, 59, 59, 999_999), _at(1969, 12, 31, 0, 0, 0, 1),
        ),
        _instants(
            "Instants in an hour that clocks repeat", zone,
            *(_at(2026, 10, 25, hour, 30) for hour in range(4)), *(_at(2026, 11, 1, hour, 30) for hour in range(4, 8)),
            *(_at(2050, 10, 30, hour, 30) for hour in range(4)), _at(1916, 10, 1, 2, 10), _at(1916, 10, 1, 2, 50),
        ),
        _instants(
            "Instants outside March 1900 to 9999", zone,
            _at(1, 1, 2), _at(1582, 10, 15), _at(1890, 6, 1, 12), _at(1900, 2, 27, 12),
            -100_000_000_000_000_000, 260_000_000_000_000_000,
        ),
    ]  # fmt: skip


def _other_poisons() -> list[Poison]:
    raw = [b"abc", b"\x00\x01", b"\xff\xfe", b"", None]
    lists = [[1, None], [], None, [2**62]]
    spans = [timedelta(hours=1, minutes=5), None, timedelta(days=-2, microseconds=1), timedelta(days=40_000)]
    structs = [{"a": '<b> "q"\n', "n": None}, {"a": "é\x00", "n": [1.5]}]
    return [
        Poison(label="Booleans", kind=Kind.BOOLEAN, type=FieldType.BOOLEAN, cells=[True, False, None],
               array=pa.array([True, False, None])),
        Poison(label="Bytes", kind=Kind.BYTES, type=FieldType.TEXT, cells=list(raw), array=pa.array(raw, pa.binary())),
        Poison(label="Spans of time", kind=Kind.SPAN, type=FieldType.TEXT, cells=list(spans),
               array=pa.array(spans, pa.duration("us"))),
        Poison(label="Lists", kind=Kind.NESTED, type=FieldType.TEXT, cells=list(lists),
               array=pa.array(lists, pa.list_(pa.int64()))),
        Poison(label="Structures", kind=Kind.NESTED, type=FieldType.TEXT, cells=list(structs), array=pa.array(structs)),
    ]  # fmt: skip


def poison_result(columns: list[Poison], zone: str) -> Result:
    """One table of these columns behind numbers of rows; shorter columns end in nulls."""
    rows = max(len(each.cells) for each in columns) + 1
    arrays = {ROW: pa.array([f"row{number:03d}" for number in range(rows)], pa.large_string())}
    for each in columns:
        arrays[each.column.key] = pa.concat_arrays([each.array, pa.nulls(rows - len(each.cells), each.array.type)])
    first = ResultColumn(key=ROW, label=ROW, type=FieldType.TEXT, role=ColumnRole.DIMENSION)
    described = (first, *(each.column for each in columns))
    return result_of(pa.table(arrays), described, timezone=zone, title="Poison", filters_in_words=(), kpis=())
