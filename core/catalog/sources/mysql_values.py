"""How MySQL and MariaDB bring values to another type: bound literals, and columns read as what they are not."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Double,
    Numeric,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
)
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.types import TypeEngine

from core.catalog.sources.text_forms import DAY, FRACTION, INSTANT, NUMBER, WHOLE
from core.domain.field import FieldType
from core.domain.filter import Scalar

_MAX_DIGITS = 38
_INSTANT = DATETIME(fsp=6)
#: The type of each kind of value; that of exact numbers holds every one that results carry.
TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(65, 30),
    FieldType.BOOLEAN: BigInteger(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: _INSTANT,
}
_NULL: ColumnElement[Any] = literal_column("NULL")
_ZERO: ColumnElement[Any] = literal_column("0")
LOWEST: ColumnElement[Any] = literal_column("-9223372036854775808")
HIGHEST: ColumnElement[Any] = literal_column("9223372036854775807")
_BEYOND: ColumnElement[Any] = literal_column("9223372036854775808")


def typed_literal(value: Scalar | Decimal, kind: FieldType) -> ColumnElement[Any]:
    """A bound value, in a cast where its own form does not say its type."""
    match kind:
        case FieldType.TEXT:
            return bindparam(None, str(value), Text, unique=True)
        case FieldType.INTEGER:
            return cast(bindparam(None, int(str(value)), BigInteger, unique=True), BigInteger)
        case FieldType.BOOLEAN:
            return bindparam(None, bool(value), BigInteger, unique=True)
        case FieldType.DATE:
            return cast(bindparam(None, _day(value), Date, unique=True), Date)
        case FieldType.DATETIME:
            return instant_of(value)
        case FieldType.DECIMAL:
            return bindparam(None, Decimal(str(value)), Numeric, unique=True)


def instant_of(value: object) -> ColumnElement[Any]:
    """A bound naive UTC timestamp with microseconds."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    naive = instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
    return cast(bindparam(None, naive, _INSTANT, unique=True), _INSTANT)


def constant(text: str) -> ColumnElement[Any]:
    """A text of ours in the statement itself."""
    return literal_column("'" + text.replace("\\", "\\\\").replace("'", "''") + "'")


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
    match given:
        case FieldType.DECIMAL:
            text = cast(column, Text)
            return case((_is_like(text, FRACTION), _without_zeros(text)), else_=text)
        case FieldType.BOOLEAN:
            return case((column, constant("true")), (not_(column), constant("false")), else_=_NULL)
        case FieldType.DATETIME:
            full = func.date_format(column, constant("%Y-%m-%dT%H:%i:%s.%f"))
            return func.concat(_without_zeros(full), constant("Z"), type_=Text)
        case _:
            return cast(column, Text)


def _without_zeros(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number with a point, without needless zeros after it."""
    return func.regexp_replace(text, constant("[.]?0+$"), constant(""), type_=Text)


def _to_integer(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.INTEGER | FieldType.BOOLEAN:
            return cast(column, BigInteger)
        case FieldType.DECIMAL:
            return _fitting(func.truncate(column, _ZERO))
        case FieldType.TEXT:
            whole = cast(func.regexp_substr(column, constant("[+-]?[0-9]+")), Numeric(65, 0))
            return _where_like(column, WHOLE, _fitting(whole))
        case _:
            return cast(_NULL, BigInteger)


def _fitting(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without fraction as 64 bits, where it fits; the bounds are exact as doubles too."""
    return case((and_(number >= LOWEST, number < _BEYOND), cast(number, BigInteger)), else_=_NULL)


def _to_decimal(column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
    match given:
        case FieldType.DECIMAL | FieldType.INTEGER | FieldType.BOOLEAN:
            if scale is None:
                return column if given is FieldType.DECIMAL else cast(column, Double)
            return _exact(column, scale)
        case FieldType.TEXT:
            number = func.trim(column)
            floating = cast(number, Double)
            value = (
                case((func.abs(floating) < literal_column("1.7976931348623157e308"), floating), else_=_NULL)
                if scale is None
                else _exact(number, scale)
            )
            return _where_like(column, NUMBER, value)
        case _:
            return cast(_NULL, Double if scale is None else Numeric(_MAX_DIGITS, scale))


def _exact(number: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    """A cast would clip what is too large with a warning."""
    limit: ColumnElement[Any] = literal_column(f"1e{_MAX_DIGITS - scale}")
    return case((func.abs(cast(number, Double)) < limit, cast(number, Numeric(_MAX_DIGITS, scale))), else_=_NULL)


def _to_boolean(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.BOOLEAN:
            return column
        case FieldType.INTEGER | FieldType.DECIMAL:
            return column != _ZERO
        case FieldType.TEXT:
            word = func.lower(func.trim(column))
            return case(
                (word == constant("true"), literal_column("true")),
                (word == constant("false"), literal_column("false")),
                else_=_NULL,
            )
        case _:
            return _NULL


def _to_date(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATE | FieldType.DATETIME:
            return cast(column, Date)
        case FieldType.TEXT:
            return _where_like(column, DAY, cast(func.trim(column), Date))
        case _:
            return cast(_NULL, Date)


def _to_instant(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATETIME:
            return column
        case FieldType.DATE:
            return cast(column, _INSTANT)
        case FieldType.TEXT:
            return _where_like(column, INSTANT, _read_instant(func.trim(column)))
        case _:
            return cast(_NULL, _INSTANT)


def _read_instant(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The time that is written, less the offset that may follow it."""
    written = func.regexp_substr(text, constant("^[0-9-]{10}([T ][0-9:.]+)?"))
    offset = func.regexp_substr(func.substring(text, literal_column("11")), constant("[+-][0-9:]+$"))
    hours = cast(func.substring(offset, literal_column("2"), literal_column("2")), BigInteger)
    minutes = case(
        (func.char_length(offset) > literal_column("3"), cast(func.right(offset, literal_column("2")), BigInteger)),
        else_=_ZERO,
    )
    size = hours.op("*")(literal_column("60")).op("+")(minutes)
    sign = case(
        (func.left(offset, literal_column("1")) == constant("-"), literal_column("1")), else_=literal_column("-1")
    )
    moment = cast(func.replace(written, constant("T"), constant(" ")), _INSTANT)
    shifted = func.timestampadd(literal_column("MINUTE"), size.op("*")(sign), moment)
    return case((func.coalesce(offset, constant("")) == constant(""), moment), else_=shifted)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _where_like(text: ColumnElement[Any], form: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where the text has the form, else null."""
    return case((_is_like(text, form), value), else_=_NULL)


def _is_like(text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
    return text.op("REGEXP", is_comparison=True)(constant(form))
