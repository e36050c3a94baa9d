"""How ClickHouse brings values to another type: bound literals, and columns read as what they are not."""

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
)
from sqlalchemy.types import TypeEngine

from core.domain.field import FieldType
from core.domain.filter import Scalar

_SPACE = r"^[ \t\n\r\f\v]*"
_END = r"[ \t\n\r\f\v]*$"
_WHOLE = rf"{_SPACE}[+-]?\d+(\.\d*)?{_END}"
_NUMBER = rf"{_SPACE}[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?{_END}"
_DAY = rf"{_SPACE}\d{{4}}-\d{{2}}-\d{{2}}{_END}"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
_INSTANT = rf"{_SPACE}\d{{4}}-\d{{2}}-\d{{2}}([T ]{_CLOCK}(Z|[+-]\d{{2}}(:?\d{{2}})?)?)?{_END}"
#: Digits after the point that texts are read with before they are rounded; as many are left before it.
_EXACT_SCALE = 38

TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: DateTime(),
}


def constant(value: str | float) -> ColumnElement[Any]:
    """A value of ours in the text itself."""
    if isinstance(value, str):
        return literal_column("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'", Text)
    return literal_column(repr(value), BigInteger if isinstance(value, int) else Double)


def typed_literal(value: Scalar | Decimal, kind: FieldType) -> ColumnElement[Any]:
    """A bound value, which carries its type; exact numbers get as many digits as they have."""
    match kind:
        case FieldType.TEXT:
            return bound(str(value), Text())
        case FieldType.INTEGER:
            return bound(int(str(value)), BigInteger())
        case FieldType.BOOLEAN:
            return bound(value, Boolean())
        case FieldType.DATE:
            return bound(_day(value), Date())
        case FieldType.DATETIME:
            return bound(_instant(value), DateTime())
        case FieldType.DECIMAL:
            return bound(Decimal(str(value)), Numeric())


def typed_null(kind: FieldType) -> ColumnElement[Any]:
    """A null; one of a number has no width, so that it goes with exact and floating ones."""
    if kind is FieldType.DECIMAL:
        return literal_column("NULL", Numeric)
    return cast(literal_column("NULL"), TYPES[kind])


def bound(value: object, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """A parameter of a type."""
    return bindparam(None, value, kind, unique=True)


def to_text(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    """Numbers without needless zeros, instants as ISO 8601 in UTC."""
    match given:
        case FieldType.DATETIME:
            written = func.formatDateTime(
                func.toDateTime64(column, literal_column("6"), constant("UTC")), constant("%Y-%m-%dT%H:%i:%S.%f")
            )
            return func.replaceRegexpOne(written, constant(r"\.?0+$"), constant(""), type_=Text).concat(constant("Z"))
        case FieldType.BOOLEAN:
            return func.toString(cast(column, Boolean), type_=Text)
        case FieldType.DATE:
            return func.toString(func.toDate32(column), type_=Text)
        case _:
            return func.toString(column, type_=Text)


def convert(
    column: ColumnElement[Any], given: FieldType, wanted: FieldType, scale: int | None = None
) -> ColumnElement[Any]:
    """The column as another type; null where a value cannot be read as it."""
    match wanted:
        case FieldType.TEXT:
            return to_text(column, given)
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


def _to_integer(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.INTEGER | FieldType.BOOLEAN:
            return func.toInt64(column, type_=BigInteger)
        case FieldType.DECIMAL:
            # By way of text: casts of floats that are no numbers or too large raise, whatever they are called.
            whole = func.regexpExtract(_plain(func.trunc(column)), constant(r"^-?\d+$"), literal_column("0"))
            return func.toInt64OrNull(whole, type_=BigInteger)
        case FieldType.TEXT:
            # Not by way of a double: it has no room for the last digits of long numbers.
            whole = func.regexpExtract(func.toString(column), constant(r"[+-]?\d+"), literal_column("0"))
            return _where_like(column, _WHOLE, func.toInt64OrNull(whole, type_=BigInteger))
        case _:
            return typed_null(FieldType.INTEGER)


def _plain(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without a fraction in digits alone."""
    return func.toString(number, type_=Text)


def _to_decimal(column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
    match given:
        case FieldType.DECIMAL:
            return column if scale is None else _exact(func.toString(column), scale)
        case FieldType.INTEGER | FieldType.BOOLEAN:
            whole = func.toInt64(column)
            return func.toFloat64(whole, type_=Double) if scale is None else _exact(func.toString(whole), scale)
        case FieldType.TEXT:
            text = func.trimBoth(func.toString(column))
            number = _finite(func.toFloat64OrNull(text, type_=Double)) if scale is None else _exact(text, scale)
            return _where_like(column, _NUMBER, number)
        case _:
            return typed_null(FieldType.DECIMAL)


def _finite(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """The number unless it was too large for a double."""
    return case((func.isFinite(number), number), else_=null())


def _exact(text: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    """Rounded half away from zero, as decimals are; ClickHouse would cut the digits off."""
    wide = func.round(func.toDecimal256OrNull(text, literal_column(str(_EXACT_SCALE))), literal_column(str(scale)))
    return func.toDecimal128OrNull(func.toString(wide), literal_column(str(scale)), type_=Numeric(38, scale))


def _to_boolean(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.BOOLEAN:
            return column
        case FieldType.INTEGER | FieldType.DECIMAL:
            return column != literal_column("0")
        case FieldType.TEXT:
            word = func.lower(func.trimBoth(func.toString(column)))
            return case(
                (word == constant("true"), literal_column("true", Boolean)),
                (word == constant("false"), literal_column("false", Boolean)),
            )
        case _:
            return typed_null(FieldType.BOOLEAN)


def _to_date(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATE:
            return column
        case FieldType.DATETIME:
            return func.toDate32(func.toTimeZone(column, constant("UTC")), type_=Date)
        case FieldType.TEXT:
            return _where_like(column, _DAY, _real_day(func.trimBoth(func.toString(column))))
        case _:
            return typed_null(FieldType.DATE)


def _real_day(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """ClickHouse reads 30 February as 2 March."""
    day = func.toDate32OrNull(text, type_=Date)
    return case((func.toString(day) == text, day), else_=typed_null(FieldType.DATE))


def _to_instant(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATETIME:
            return column
        case FieldType.DATE:
            return func.toDateTime64(func.toDate32(column), literal_column("6"), constant("UTC"), type_=DateTime)
        case FieldType.TEXT:
            text = func.trimBoth(func.toString(column))
            instant = func.parseDateTime64BestEffortOrNull(text, literal_column("6"), constant("UTC"), type_=DateTime)
            is_day = _real_day(func.substring(text, literal_column("1"), literal_column("10"))).is_not(None)
            return _where_like(column, _INSTANT, case((is_day, instant), else_=typed_null(FieldType.DATETIME)))
        case _:
            return typed_null(FieldType.DATETIME)


def _where_like(column: ColumnElement[Any], form: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where the text has the form, else null."""
    return case((func.match(func.toString(column), constant(form)), value), else_=null())


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
