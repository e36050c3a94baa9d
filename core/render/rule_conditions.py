"""Which cells of a column a marking rule fits, for a whole Arrow column at once; as filters mean their operators.

Texts compare by their case, but for "contains" and its kind; days compare as whole days of the report's timezone; what
is not there is "not that", "not there" and "outside". Not-a-number fits those three alone.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.domain.appearance import FormatRule
from core.domain.field import FieldType
from core.domain.filter import Operator, Scalar
from core.domain.result import ResultColumn
from core.render.cell_text import TEXT, utf8_array

_OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_STARTS_WITH: Operator.STARTS_WITH,
    Operator.NOT_ENDS_WITH: Operator.ENDS_WITH,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
}
_TEXT_SEARCHES = {
    Operator.CONTAINS: pc.match_substring,
    Operator.STARTS_WITH: pc.starts_with,
    Operator.ENDS_WITH: pc.ends_with,
}
_COMPARISONS = {
    Operator.GREATER: pc.greater,
    Operator.AT_LEAST: pc.greater_equal,
    Operator.LESS: pc.less,
    Operator.AT_MOST: pc.less_equal,
}
_WIDEST_DIGITS = 76  #: of Arrow's widest exact number


def fits(rule: FormatRule, array: pa.Array, column: ResultColumn, timezone: str) -> "np.ndarray":
    """Which cells of `array` a MARK rule fits, as booleans. A value that is none of the column's type fits nothing."""
    if rule.operator is None:
        return np.zeros(len(array), bool)
    opposite = _OPPOSITES.get(rule.operator)
    if opposite is None:
        return _positive(rule.operator, rule.values, array, column, timezone)
    return ~_positive(opposite, rule.values, array, column, timezone)


def _positive(
    operator: Operator, values: tuple[Scalar, ...], array: pa.Array, column: ResultColumn, timezone: str
) -> "np.ndarray":
    """Operators that nulls never fit, and IS_EMPTY."""
    if operator is Operator.IS_EMPTY:
        empty = pc.is_null(array)
        return _flags(pc.or_(empty, pc.fill_null(pc.equal(utf8_array(array), ""), True)) if _is_text(column) else empty)
    if pa.types.is_null(array.type) or not values:
        return np.zeros(len(array), bool)
    match column.type:
        case FieldType.TEXT:
            return _text(operator, utf8_array(array), [str(value) for value in values])
        case FieldType.DATETIME:
            return _instants(operator, array, values, timezone)
        case FieldType.DATE:
            days = array.cast(pa.date32())
            return _compared(operator, days, [pa.scalar(_day(value), pa.date32()) for value in values])
        case FieldType.BOOLEAN:
            return _compared(operator, array, [pa.scalar(bool(value)) for value in values])
        case _:
            return _numbers(operator, array, [Decimal(str(value)) for value in values])


def _is_text(column: ResultColumn) -> bool:
    return column.type is FieldType.TEXT


def _text(operator: Operator, text: pa.Array, values: list[str]) -> "np.ndarray":
    if operator is Operator.IS:
        return _flags(pc.is_in(text, value_set=pa.array(values, TEXT)))
    search = _TEXT_SEARCHES[operator]
    return _any([_flags(search(text, value, ignore_case=True)) for value in values])


def _numbers(operator: Operator, array: pa.Array, values: list[Decimal]) -> "np.ndarray":
    """Exact numbers are compared exactly, whatever the digits of the two sides; floats as floats."""
    if pa.types.is_floating(array.type):
        return _compared(operator, array.cast(pa.float64()), [pa.scalar(float(value)) for value in values])
    scale = max(_digits_after(value) for value in values)
    if pa.types.is_decimal(array.type):
        scale = max(scale, array.type.scale)
    wide = pa.decimal256(_WIDEST_DIGITS, scale) if scale < _WIDEST_DIGITS else None
    try:
        if wide is None:
            raise pa.ArrowInvalid("more digits than exact numbers have")
        return _compared(operator, array.cast(wide), [pa.scalar(value, wide) for value in values])
    except pa.ArrowInvalid:  # a comparison with 1e-300 needs no more exactness than a float has
        return _compared(operator, array.cast(pa.float64()), [pa.scalar(float(value)) for value in values])


def _digits_after(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _instants(operator: Operator, array: pa.Array, values: tuple[Scalar, ...], timezone: str) -> "np.ndarray":
    """A day means all of it: after a day begins with the next one."""
    instants = array.cast(pa.timestamp("us", tz=timezone)) if array.type.tz else array
    days = instants.cast(pa.date32())  # the local day

    def compare(operator: Operator, value: Scalar) -> "np.ndarray":
        instant = _instant(value, timezone)
        if instant is None:
            return _compared(operator, days, [pa.scalar(_day(value), pa.date32())])
        return _compared(operator, instants, [pa.scalar(instant, instants.type)])

    match operator:
        case Operator.IS:
            return _any([compare(operator, value) for value in values])
        case Operator.BETWEEN:
            inside: np.ndarray = compare(Operator.AT_LEAST, values[0]) & compare(Operator.AT_MOST, values[-1])
            return inside
        case _:
            return compare(operator, values[0])


def _compared(operator: Operator, array: pa.Array, values: list[pa.Scalar]) -> "np.ndarray":
    if operator is Operator.IS:
        return _any([_flags(pc.equal(array, value)) for value in values])
    if operator is Operator.BETWEEN:
        return _flags(pc.and_(pc.greater_equal(array, values[0]), pc.less_equal(array, values[-1])))
    return _flags(_COMPARISONS[operator](array, values[0]))


def _instant(value: Scalar, timezone: str) -> datetime | None:
    """The instant a value names; None where it names a whole day."""
    if isinstance(value, str) and len(value) > len("2026-11-23"):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(timezone))


def _day(value: Scalar) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _any(masks: list["np.ndarray"]) -> "np.ndarray":
    return reduce(np.logical_or, masks)


def _flags(mask: Any) -> "np.ndarray":
    """A boolean column as an array of NumPy; what is unknown is false."""
    flags: np.ndarray = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags
