"""Results for the tests of renderers: a small ordinary one, and one that holds every odd value a cell can meet."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import numpy as np
import pyarrow as pa

from core.domain.field import FieldType, Format, NumberStyle
from core.domain.filter import ResolvedWindow
from core.domain.result import ColumnRole, Kpi, Result, ResultColumn, ResultHead

ZONE = "Europe/Berlin"
WEEK = ResolvedWindow(
    first_on=date(2026, 11, 16),
    last_on=date(2026, 11, 22),
    starts_at=datetime(2026, 11, 15, 23, tzinfo=UTC),
    ends_at=datetime(2026, 11, 22, 23, tzinfo=UTC),
    timezone=ZONE,
)


def column(key: str, kind: FieldType, **format_fields: object) -> ResultColumn:
    return ResultColumn(
        key=key,
        label=key.replace("_", " ").capitalize(),
        type=kind,
        role=ColumnRole.DIMENSION,
        format=Format(**format_fields),
    )


def head_of(columns: tuple[ResultColumn, ...], rows: int, **changes: object) -> ResultHead:
    fields: dict[str, object] = {
        "report_id": UUID(int=7),
        "report_version": 3,
        "title": "Weekly <orders> & more",
        "sentence": "Order lines of last week, by country.",
        "filters_in_words": ("Country is DE or FR",),
        "period": WEEK,
        "columns": columns,
        "kpis": (Kpi(label="Revenue", value=Decimal("1748202.51"), previous=Decimal("1690112.10"), trend=(1.0, 3.0)),),
        "rows_matched": rows,
        "row_limit": None,
        "logical_at": datetime(2026, 11, 23, 8, tzinfo=UTC),
        "as_of": datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC),
        "is_snapshot": True,
        "timezone": ZONE,
        "definition_sha256": "ab" * 32,
    }
    return ResultHead(**(fields | changes))


def result_of(
    table: pa.Table, columns: tuple[ResultColumn, ...], *, batch_rows: int = 1000, **changes: object
) -> Result:
    return Result(head=head_of(columns, table.num_rows, **changes), batches=table.to_batches(max_chunksize=batch_rows))


ORDINARY_COLUMNS = (
    column("customer", FieldType.TEXT),
    column("ordered_at", FieldType.DATETIME),
    column("ship_on", FieldType.DATE),
    column("quantity", FieldType.INTEGER),
    column("amount", FieldType.DECIMAL, style=NumberStyle.CURRENCY, unit="EUR"),
    column("discount", FieldType.DECIMAL, style=NumberStyle.PERCENT),
    column("paid", FieldType.BOOLEAN),
)


def ordinary_table(rows: int) -> pa.Table:
    names = ["Ana Müller", None, 'O\'Hara "Quick", <b>', "東京商事", ""]
    numbers = np.arange(rows)
    return pa.table(
        {
            "customer": pa.array([names[number % 5] for number in range(rows)], pa.large_string()),
            "ordered_at": pa.array(1_763_251_200_000_000 + numbers * 61_000_000, pa.timestamp("us", tz=ZONE)),
            "ship_on": pa.array((20_400 + numbers % 300).astype("int32"), pa.date32()),
            "quantity": pa.array([None if number % 7 == 3 else number for number in range(rows)], pa.int64()),
            "amount": pa.array([Decimal(number * 125).scaleb(-2) for number in range(rows)], pa.decimal128(12, 2)),
            "discount": pa.array(numbers / 1000.0),
            "paid": pa.array([number % 2 == 0 for number in range(rows)]),
        }
    )


def ordinary_result(rows: int, **changes: object) -> Result:
    return result_of(ordinary_table(rows), ORDINARY_COLUMNS, **changes)


ODD_TEXTS: list[str | None] = [
    None, "", " leading", "trailing ", "two\nlines", "cr\r\nlf", "lone\rcr", "tab\there",
    'quote " inside', "comma, inside",
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1", "-", "'=quoted", "=HYPERLINK(\"http://x\")",
    "\x00nul", "bell\x07", "\x1b[31m", "\ufffe", "\uffff", "_x0041_", "_x000D_", "&amp;", "<script>alert(1)</script>",
    "]]>", "</td></tr></table>", "00123", "1e5", "TRUE", "2026-11-23", "123456789012345678", "NaN", "NULL", "ünïcödé",
    "日本語", "😀" * 3, "مرحبا", "e\u0301", "\u202egnp.exe", "\u2028", "x" * 32_767, "y" * 32_768, "😀" * 16_384,
    "z" * 32_766 + "😀",
]  # fmt: skip
ODD_INTEGERS: list[int | None] = [
    None, 0, -1, 999_999_999_999_999, 10**15, -(10**15), 2**53 + 1, 2**63 - 1, -(2**63), 1234567890123456
]  # fmt: skip
ODD_DECIMALS = [
    None, *map(Decimal, ["0.0000000", "0.0000001", "-0.0000001", "12.5000000", "123456789.1234567", "99999999.9999999",
                         "9999999999999999.0000000", "1234567890123456789.1234567", "100000000000000000000.0000000"])
]  # fmt: skip
ODD_FLOATS = [None, 0.0, -0.0, 0.1 + 0.2, 1e-7, 5e-324, 1e22, 1.7976931348623157e308, math.nan, math.inf, -math.inf]
ODD_DAYS = [
    None, date(1, 1, 1), date(1582, 10, 15), date(1899, 12, 31), date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1),
    date(1970, 1, 1), date(2024, 2, 29), date(9999, 12, 31),
]  # fmt: skip
ODD_INSTANTS = [
    None,
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(1850, 6, 1, 12, tzinfo=UTC),
    datetime(1900, 3, 1, 12, tzinfo=UTC),
    datetime(1945, 5, 24, 23, 30, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 for the first time
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # 02:30 again
    datetime(2026, 10, 25, 2, 30, tzinfo=UTC),
    datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC),
    datetime(2026, 11, 23, 8, 0, 0, 123_456, tzinfo=UTC),
    datetime(9998, 12, 31, 22, 59, 59, tzinfo=UTC),
]


def odd_result(values: list[object], arrow_type: pa.DataType, kind: FieldType) -> Result:
    """A result of one odd column between two plain ones, so that a shifted cell shows."""
    table = pa.table(
        {
            "before": pa.array(range(len(values)), pa.int64()),
            "odd": pa.array(values, arrow_type),
            "after": pa.array([f"row {number}" for number in range(len(values))], pa.large_string()),
        }
    )
    columns = (column("before", FieldType.INTEGER), column("odd", kind), column("after", FieldType.TEXT))
    return result_of(table, columns)


ODD_CASES: dict[str, tuple[list[object], pa.DataType, FieldType]] = {
    "text": (ODD_TEXTS, pa.large_string(), FieldType.TEXT),
    "small string": (ODD_TEXTS, pa.string(), FieldType.TEXT),
    "integer": (ODD_INTEGERS, pa.int64(), FieldType.INTEGER),
    "exact": (ODD_DECIMALS, pa.decimal128(38, 7), FieldType.DECIMAL),
    "float": (ODD_FLOATS, pa.float64(), FieldType.DECIMAL),
    "day": (ODD_DAYS, pa.date32(), FieldType.DATE),
    "instant": (ODD_INSTANTS, pa.timestamp("us", tz=ZONE), FieldType.DATETIME),
    "boolean": ([True, None, False], pa.bool_(), FieldType.BOOLEAN),
}


def broken_utf8() -> pa.Array:
    """Text as a careless driver hands it over: the second cell is a lone surrogate, which is not UTF-8."""
    cells = [b"fine", b"\xed\xa0\x80", "ünï".encode()]
    offsets = np.cumsum([0, *map(len, cells)]).astype("int64")
    return pa.Array.from_buffers(
        pa.large_string(), 3, [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(cells))]
    )
