"""How PostgreSQL brings values to another type: bound literals, and columns read as what they are not."""

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
    Integer,
    Numeric,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from core.catalog.sources.text_forms import DAY, FRACTION, INSTANT, NUMBER, WHOLE
from core.domain.field import FieldType
from core.domain.filter import Scalar

MAX_DIGITS = 38
#: The type of each kind of value; that of exact numbers takes any number of digits.
TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: DateTime(timezone=True),
}
_NULL: ColumnElement[Any] = literal_column("NULL")
_ZERO: ColumnElement[Any] = literal_column("0")


def typed_literal(value: Scalar | Decimal, kind: FieldType) -> ColumnElement[Any]:
    """A bound value in a cast to its type."""
    match kind:
        case FieldType.TEXT:
            return _bound(str(value), kind)
        case FieldType.INTEGER:
            return _bound(int(str(value)), kind)
        case FieldType.BOOLEAN:
            return _bound(value, kind)
        case FieldType.DATE:
            return _bound(day_of(value), kind)
        case FieldType.DATETIME:
            return instant_of(value)
        case FieldType.DECIMAL:
            return _bound(Decimal(str(value)), kind)


def instant_of(value: object) -> ColumnElement[Any]:
    """A bound aware timestamp; naive ones are in UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return _bound(instant if instant.tzinfo else instant.replace(tzinfo=UTC), FieldType.DATETIME)


def day_of(value: object) -> date:
    """A day given as one, as an instant or as text."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def constant(text: str) -> ColumnElement[Any]:
    """A text of ours in the statement itself."""
    return literal_column("'" + text.replace("'", "''") + "'")


def convert(
    column: ColumnElement[Any], given: FieldType, wanted: FieldType, scale: int | None = None
) -> ColumnElement[Any]:
    """The column as another type; null where a value cannot be read as it. Texts come under the collation "C"."""
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
    text: ColumnElement[Any] = cast(column, Text)
    if given is FieldType.DECIMAL:
        short = func.rtrim(func.rtrim(text, constant("0")), constant("."))
        text = case((_is_like(text, FRACTION), short), else_=text)
    if given is FieldType.DATETIME:
        full = func.to_char(cast(column, DateTime), constant('YYYY-MM-DD"T"HH24:MI:SS.US'))
        text = func.rtrim(func.rtrim(full, constant("0")), constant(".")).op("||", return_type=Text())(constant("Z"))
    return cast(text, Text).collate("C")


def _to_integer(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.INTEGER:
            return column
        case FieldType.BOOLEAN:
            return cast(cast(column, Integer), BigInteger)
        case FieldType.DECIMAL:
            return _fitting(func.trunc(column))
        case FieldType.TEXT:
            whole = cast(func.substring(column, constant("[+-]?[0-9]+")), Numeric)
            return _where_like(column, WHOLE, _fitting(whole))
        case _:
            return cast(_NULL, BigInteger)


def _fitting(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without fraction as 64 bits, where it fits; the bounds are exact as doubles too."""
    fits = and_(
        number >= literal_column("-9223372036854775808"),
        number < literal_column("9223372036854775808"),
    )
    return case((fits, cast(number, BigInteger)), else_=cast(_NULL, BigInteger))


def _to_decimal(column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
    match given:
        case FieldType.DECIMAL | FieldType.INTEGER:
            if scale is None:
                return column if given is FieldType.DECIMAL else cast(column, Double)
            return _exact(column, scale)
        case FieldType.BOOLEAN:
            return _to_decimal(_to_integer(column, given), FieldType.INTEGER, scale)
        case FieldType.TEXT:
            number = cast(cast(column, Text), Numeric)
            value = _floating(number) if scale is None else _exact(number, scale)
            return _where_like(column, NUMBER, value)
        case _:
            return cast(_NULL, exact(scale) if scale is not None else Double())


def exact(scale: int) -> TypeEngine[Any]:
    """The widest exact type of a scale that results carry."""
    return Numeric(MAX_DIGITS, scale)


def _exact(number: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    limit: ColumnElement[Any] = literal_column("1" + "0" * (MAX_DIGITS - scale))
    rounded = func.round(cast(number, Numeric), literal_column(str(scale)))
    return case((func.abs(rounded) < limit, cast(rounded, exact(scale))), else_=_NULL)


def _floating(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """An exact number as a double; past its range null, too close to zero for it zero."""
    size = func.abs(number)
    return case(
        (size > literal_column("1.7976931348623157e308"), cast(_NULL, Double)),
        (size < literal_column("2.2250738585072014e-308"), cast(_ZERO, Double)),
        else_=cast(number, Double),
    )


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
                else_=cast(_NULL, Boolean),
            )
        case _:
            return cast(_NULL, Boolean)


def _to_date(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATE | FieldType.DATETIME:
            return cast(column, Date)
        case FieldType.TEXT:
            return _where_like(column, DAY, cast(column, Date))
        case _:
            return cast(_NULL, Date)


def _to_instant(column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
    match given:
        case FieldType.DATETIME:
            return column
        case FieldType.DATE:
            return cast(column, DateTime(timezone=True))
        case FieldType.TEXT:
            return _where_like(column, INSTANT, cast(column, DateTime(timezone=True)))
        case _:
            return cast(_NULL, DateTime(timezone=True))


def _where_like(text: ColumnElement[Any], form: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where the text has the form, else null."""
    return case((_is_like(text, form), value), else_=_NULL)


def _is_like(text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
    return text.op("~", is_comparison=True)(constant(form))


def _bound(value: object, kind: FieldType) -> ColumnElement[Any]:
    return cast(bindparam(None, value, TYPES[kind], unique=True), TYPES[kind])
