"""How DuckDB brings values to another type: bound literals, and columns read as what they are not."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Numeric,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    true,
    try_cast,
)
from sqlalchemy.types import TypeEngine

from core.domain.field import FieldType
from core.domain.filter import Scalar

_MAX_DIGITS = 38
_WHOLE = r"^\s*[+-]?\d+(\.\d*)?\s*$"
_NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"
_DAY = r"^\s*\d{4}-\d{2}-\d{2}\s*$"
_INSTANT = r"^\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?\s*$"

#: The type of a null: one of a number is exact with one digit, which widens to whatever it meets.
NULL_TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(1, 0),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: DateTime(),
}


def typed_literal(value: Scalar | Decimal, kind: FieldType) -> ColumnElement[Any]:
    """A bound value in a cast to its type; exact numbers get as many digits as they have."""
    match kind:
        case FieldType.TEXT:
            return _bound(str(value), Text())
        case FieldType.INTEGER:
            return _bound(int(str(value)), BigInteger())
        case FieldType.BOOLEAN:
            return _bound(value, Boolean())
        case FieldType.DATE:
            return _bound(_day(value), Date())
        case FieldType.DATETIME:
            return _bound(_instant(value), DateTime())
        case FieldType.DECIMAL:
            return _number(Decimal(str(value)))


def convert(
    column: ColumnElement[Any], given: FieldType, wanted: FieldType, scale: int | None = None
) -> ColumnElement[Any]:
    """The column as another type; null where a value cannot be read as it."""
    match wanted:
        case FieldType.TEXT:
            return _to_text(column, given)
        case FieldType.INTEGER:
            return _to_integer(column, given)
        case FieldType.DECIMAL:
            return _to_decimal(column, given, scale)
        case FieldType.BOOLEAN:
            return _to_boolean(column, given)
        case FieldType.DATE:
            return _to_date(column, given)
        case FieldType.DATETIME:
            return _to_instant(column, given)


def _to_text(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    if given is FieldType.DECIMAL:
        text = func.regexp_replace(cast(column, Text), _quoted(r"(\.\d*?)0+$"), _quoted(r"\1"))
        return func.regexp_replace(text, _quoted(r"\.$"), _quoted(""), type_=Text)
    if given is FieldType.DATETIME:
        text = func.strftime(cast(column, DateTime), _quoted("%Y-%m-%dT%H:%M:%S.%f"))
        return func.regexp_replace(text, _quoted(r"\.?0+$"), _quoted(""), type_=Text).concat("Z")
    return cast(column, Text)


def _to_integer(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.INTEGER | FieldType.BOOLEAN:
            return cast(column, BigInteger)
        case FieldType.DECIMAL:
            return try_cast(func.trunc(column), BigInteger)
        case FieldType.TEXT:
            # Not by way of a double: it has no room for the last digits of long numbers.
            whole = func.regexp_extract(cast(column, Text), _quoted(r"[+-]?\d+"))
            return _where_like(column, _WHOLE, try_cast(whole, BigInteger))
        case _:
            return cast(null(), BigInteger)


def _to_decimal(column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
    target: TypeEngine[Any] = Double() if scale is None else Numeric(_MAX_DIGITS, scale)
    match given:
        case FieldType.DECIMAL:
            return column if scale is None else try_cast(column, target)
        case FieldType.INTEGER:
            return try_cast(column, target)
        case FieldType.BOOLEAN:
            return try_cast(cast(column, BigInteger), target)
        case FieldType.TEXT:
            number = try_cast(cast(column, Text), target)
            # What no double holds becomes infinite in one.
            return _where_like(column, _NUMBER, number if scale is not None else _finite(number))
        case _:
            return cast(null(), target)


def _to_boolean(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.BOOLEAN:
            return column
        case FieldType.INTEGER | FieldType.DECIMAL:
            return column != literal_column("0")
        case FieldType.TEXT:
            word = func.lower(func.trim(cast(column, Text)))
            return case((word == "true", true()), (word == "false", literal_column("false")), else_=null())
        case _:
            return cast(null(), Boolean)


def _to_date(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATE | FieldType.DATETIME:
            return cast(column, Date)
        case FieldType.TEXT:
            return _where_like(column, _DAY, try_cast(cast(column, Text), Date))
        case _:
            return cast(null(), Date)


def _to_instant(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATETIME:
            return column
        case FieldType.DATE:
            return cast(column, DateTime)
        case FieldType.TEXT:
            # Through an aware one, which heeds the offset; the session's timezone is UTC.
            aware = try_cast(cast(column, Text), DateTime(timezone=True))
            return _where_like(column, _INSTANT, cast(aware, DateTime))
        case _:
            return cast(null(), DateTime)


def _finite(number: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((func.isfinite(number), number), else_=null())


def _where_like(column: ColumnElement[Any], form: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where the text has the form, else null."""
    return case((func.regexp_matches(cast(column, Text), _quoted(form)), value), else_=null())


def _number(value: Decimal) -> ColumnElement[Any]:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return _bound(float(value), Double())
    scale = max(0, -exponent)
    digits = max(len(value.as_tuple().digits) + max(0, exponent), scale, 1)
    return _bound(float(value), Double()) if digits > _MAX_DIGITS else _bound(value, Numeric(digits, scale))


def _day(value: Scalar | Decimal) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _instant(value: Scalar | Decimal) -> datetime:
    """A naive one in UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def _bound(value: object, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(bindparam(None, value, kind, unique=True), kind)


def _quoted(text: str) -> ColumnElement[Any]:
    """A constant of ours in the text itself: DuckDB compiles patterns once."""
    return literal_column("'" + text.replace("'", "''") + "'")
