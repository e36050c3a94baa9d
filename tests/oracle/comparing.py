"""Whether an engine's result is what the oracle answers: exact values the same, doubles as close as they can be."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from core.domain.field import FieldType
from core.domain.result import CellValue, ResultHead
from tests.oracle.answer import Answer

_CLOSE = 1e-9
_TYPES = {
    FieldType.TEXT: (pa.types.is_string, pa.types.is_large_string),
    FieldType.INTEGER: (pa.types.is_int64,),
    FieldType.BOOLEAN: (pa.types.is_boolean,),
    FieldType.DATE: (pa.types.is_date32,),
    FieldType.DATETIME: (pa.types.is_timestamp,),
    FieldType.DECIMAL: (pa.types.is_decimal128, pa.types.is_float64),
}


def difference(head: ResultHead, table: pa.Table, answer: Answer) -> str | None:
    """What of a result differs from the answer, or None."""
    return (
        _in_columns(head, table, answer)
        or _in_rows(table, answer)
        or _in_totals(head, answer)
        or _in_headlines(head, answer)
    )


def is_same(found: CellValue, wanted: Any) -> bool:
    """Whether two values are the same; doubles where the last bits do not count."""
    if found is None or wanted is None:
        return found is wanted
    if isinstance(found, float) or isinstance(wanted, float):
        return not isinstance(found, str) and math.isclose(float(found), float(wanted), rel_tol=_CLOSE, abs_tol=_CLOSE)  # type: ignore[arg-type]
    if isinstance(found, bool) is not isinstance(wanted, bool) or isinstance(found, str) is not isinstance(wanted, str):
        return False
    if isinstance(found, datetime) and isinstance(wanted, datetime):
        return found.astimezone(UTC) == wanted.astimezone(UTC)
    return found == wanted and isinstance(found, datetime) is isinstance(wanted, datetime)


def _in_columns(head: ResultHead, table: pa.Table, answer: Answer) -> str | None:
    keys = [column.key for column in head.columns]
    if [_plain_key(key) for key in keys] != [_plain_key(key) for key in answer.keys] or keys != table.column_names:
        return f"columns {keys} instead of {answer.keys}"
    for name, given, kind in zip(keys, table.schema.types, answer.kinds, strict=True):
        if not any(fits(given) for fits in _TYPES[kind]):
            return f"column {name} has the type {given} instead of {kind}"
    return None


def _plain_key(key: str) -> list[Any]:
    """A key whose numbers are the same however many zeros they end with."""
    return [_plain_number(part) for part in key.split("|")]


def _plain_number(part: str) -> Any:
    try:
        return float(part)
    except ValueError:
        return part


def _in_rows(table: pa.Table, answer: Answer) -> str | None:
    found = [list(row.values()) for row in table.to_pylist()]
    if len(found) != len(answer.rows):
        return f"{len(found)} rows instead of {len(answer.rows)}"
    expected = answer.rows
    if not answer.is_in_order:
        found, expected = sorted(found, key=_place), sorted(expected, key=_place)
    for number, (given, wanted) in enumerate(zip(found, expected, strict=True)):
        different = _different(given, wanted)
        if different is not None:
            key = answer.keys[different]
            return f"row {number}, {key}: {given[different]!r} instead of {wanted[different]!r} in {given} / {wanted}"
    return None


def _place(row: Sequence[Any]) -> list[str]:
    """Where a row stands among others in an order that is the same for both sides."""
    return [_steady(value) for value in row]


def _steady(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    is_number = isinstance(value, float | Decimal)
    return f"{float(value) + 0.0:.6e}" if is_number else repr(value)


def _different(found: Sequence[Any], wanted: Sequence[Any]) -> int | None:
    return next(
        (place for place, pair in enumerate(zip(found, wanted, strict=True)) if not is_same(*pair)),
        None,
    )


def _in_totals(head: ResultHead, answer: Answer) -> str | None:
    if head.rows_matched != answer.matched:
        return f"{head.rows_matched} rows matched instead of {answer.matched}"
    if [total.level for total in head.totals] != [total.level for total in answer.totals]:
        return f"{len(head.totals)} totals instead of {len(answer.totals)}"
    for total, wanted in zip(head.totals, answer.totals, strict=True):
        given = [*total.keys, *total.values]
        expected = [*wanted.keys, *(wanted.values.get(key) for key in answer.keys)]
        if _different(given, expected) is not None:
            return f"total of level {total.level}: {given} instead of {expected}"
    return None


def _in_headlines(head: ResultHead, answer: Answer) -> str | None:
    for number, (kpi, wanted) in enumerate(zip(head.kpis, answer.headlines, strict=True)):
        given, expected = [kpi.value, kpi.previous, *kpi.trend], [wanted.value, wanted.previous, *wanted.trend]
        if len(given) != len(expected) or _different(given, expected) is not None:
            return f"headline {number}: {given} instead of {expected}"
    return None
