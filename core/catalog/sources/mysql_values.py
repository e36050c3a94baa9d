"""How MySQL and MariaDB bring values to another type: bound literals, and columns read as what they are not."""

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

from core.catalog.sources.conversions import NULL, ZERO, Conversions
from core.catalog.sources.text_forms import DAY, FRACTION, INSTANT, NUMBER, WHOLE
from core.domain.field import FieldType

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
_CAST = (FieldType.INTEGER, FieldType.DATE, FieldType.DATETIME)
LOWEST: ColumnElement[Any] = literal_column("-9223372036854775808")
HIGHEST: ColumnElement[Any] = literal_column("9223372036854775807")
_BEYOND: ColumnElement[Any] = literal_column("9223372036854775808")


def constant(text: str) -> ColumnElement[Any]:
    """A text of ours in the statement itself."""
    return literal_column("'" + text.replace("\\", "\\\\").replace("'", "''") + "'")


def _without_zeros(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number with a point, without needless zeros after it."""
    return func.regexp_replace(text, constant("[.]?0+$"), constant(""), type_=Text)


def _fitting(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without fraction as 64 bits, where it fits; the bounds are exact as doubles too."""
    return case((and_(number >= LOWEST, number < _BEYOND), cast(number, BigInteger)), else_=NULL)


def _exact(number: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    """A cast would clip what is too large with a warning."""
    limit: ColumnElement[Any] = literal_column(f"1e{_MAX_DIGITS - scale}")
    return case((func.abs(cast(number, Double)) < limit, cast(number, Numeric(_MAX_DIGITS, scale))), else_=NULL)


def _read_instant(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """The time that is written, less the offset that may follow it."""
    written = func.regexp_substr(text, constant("^[0-9-]{10}([T ][0-9:.]+)?"))
    offset = func.regexp_substr(func.substring(text, literal_column("11")), constant("[+-][0-9:]+$"))
    hours = cast(func.substring(offset, literal_column("2"), literal_column("2")), BigInteger)
    minutes = case(
        (func.char_length(offset) > literal_column("3"), cast(func.right(offset, literal_column("2")), BigInteger)),
        else_=ZERO,
    )
    size = hours.op("*")(literal_column("60")).op("+")(minutes)
    sign = case(
        (func.left(offset, literal_column("1")) == constant("-"), literal_column("1")), else_=literal_column("-1")
    )
    moment = cast(func.replace(written, constant("T"), constant(" ")), _INSTANT)
    shifted = func.timestampadd(literal_column("MINUTE"), size.op("*")(sign), moment)
    return case((func.coalesce(offset, constant("")) == constant(""), moment), else_=shifted)


class MySqlConversions(Conversions):
    """Casts of what has the form of the wanted type and fits it: others would be cut with a warning only."""

    def bound(self, value: Any, kind: FieldType) -> ColumnElement[Any]:
        """In a cast where its own form does not say its type."""
        plain = bindparam(None, value, TYPES[kind], unique=True)
        return cast(plain, TYPES[kind]) if kind in _CAST else plain

    def null(self, kind: FieldType) -> ColumnElement[Any]:
        """A cast null; there is no type of flags to cast to."""
        return NULL if kind is FieldType.BOOLEAN else cast(NULL, TYPES[kind])

    def is_like(self, text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
        """`REGEXP`."""
        return text.op("REGEXP", is_comparison=True)(constant(form))

    def to_text(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Numbers as they are written, but for needless zeros; instants in ISO 8601."""
        match given:
            case FieldType.DECIMAL:
                text = cast(column, Text)
                return case((self.is_like(text, FRACTION), _without_zeros(text)), else_=text)
            case FieldType.BOOLEAN:
                return case((column, constant("true")), (not_(column), constant("false")), else_=NULL)
            case FieldType.DATETIME:
                full = func.date_format(column, constant("%Y-%m-%dT%H:%i:%s.%f"))
                return func.concat(_without_zeros(full), constant("Z"), type_=Text)
            case _:
                return cast(column, Text)

    def to_integer(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """What does not fit is null: a cast would clip it with a warning."""
        match given:
            case FieldType.INTEGER | FieldType.BOOLEAN:
                return cast(column, BigInteger)
            case FieldType.DECIMAL:
                return _fitting(func.truncate(column, ZERO))
            case FieldType.TEXT:
                whole = cast(func.regexp_substr(column, constant("[+-]?[0-9]+")), Numeric(65, 0))
                return self.where_like(column, WHOLE, _fitting(whole))
            case _:
                return self.null(FieldType.INTEGER)

    def to_decimal(self, column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
        """Texts by way of doubles, unless they are to be exact."""
        match given:
            case FieldType.DECIMAL | FieldType.INTEGER | FieldType.BOOLEAN:
                if scale is None:
                    return column if given is FieldType.DECIMAL else cast(column, Double)
                return _exact(column, scale)
            case FieldType.TEXT:
                number = func.trim(column)
                floating = cast(number, Double)
                value = (
                    case((func.abs(floating) < literal_column("1.7976931348623157e308"), floating), else_=NULL)
                    if scale is None
                    else _exact(number, scale)
                )
                return self.where_like(column, NUMBER, value)
            case _:
                return cast(NULL, Double if scale is None else Numeric(_MAX_DIGITS, scale))

    def day_of(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast."""
        return cast(instant, Date)

    def read_day(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast of texts that are days."""
        return self.where_like(text, DAY, cast(func.trim(text), Date))

    def first_instant(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast."""
        return cast(day, _INSTANT)

    def read_instant(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Texts less the offset that they name."""
        return self.where_like(text, INSTANT, _read_instant(func.trim(text)))


CONVERSIONS = MySqlConversions()
