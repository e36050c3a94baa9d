"""How DuckDB brings values to another type: bound literals, and columns read as what they are not."""

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
    try_cast,
)
from sqlalchemy.types import TypeEngine

from core.catalog.sources.conversions import NULL, Conversions
from core.domain.field import FieldType

_MAX_DIGITS = 38
_WHOLE = r"^\s*[+-]?\d+(\.\d*)?\s*$"
_NUMBER = r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$"
_DAY = r"^\s*\d{4}-\d{2}-\d{2}\s*$"
_INSTANT = r"^\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?\s*$"

#: The type of each kind of value, numbers aside; a null of one is exact with one digit, which widens as it must.
TYPES: dict[FieldType, TypeEngine[Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(1, 0),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: DateTime(),
}


def _finite(number: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((func.isfinite(number), number), else_=NULL)


def _number(value: Decimal) -> ColumnElement[Any]:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        return _cast(float(value), Double())
    scale = max(0, -exponent)
    digits = max(len(value.as_tuple().digits) + max(0, exponent), scale, 1)
    return _cast(float(value), Double()) if digits > _MAX_DIGITS else _cast(value, Numeric(digits, scale))


def _cast(value: object, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(bindparam(None, value, kind, unique=True), kind)


def _quoted(text: str) -> ColumnElement[Any]:
    """A constant of ours in the text itself: DuckDB compiles patterns once."""
    return literal_column("'" + text.replace("'", "''") + "'")


class DuckDbConversions(Conversions):
    """`TRY_CAST` of what has the form of the wanted type: by itself it reads `0x1F`, `1_000` and `inf` too."""

    def bound(self, value: Any, kind: FieldType) -> ColumnElement[Any]:
        """In a cast: a bare one would be read as whatever suits its neighbours. Exact ones get the digits they have."""
        return _number(value) if kind is FieldType.DECIMAL else _cast(value, TYPES[kind])

    def null(self, kind: FieldType) -> ColumnElement[Any]:
        """A cast null."""
        return cast(NULL, TYPES[kind])

    def is_like(self, text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
        """`regexp_matches`."""
        return func.regexp_matches(cast(text, Text), _quoted(form))

    def trimmed(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast, for UUID and ENUM columns, without blanks."""
        return func.trim(cast(text, Text))

    def to_text(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Zeros and points that say nothing are cut off."""
        if given is FieldType.DECIMAL:
            text = func.regexp_replace(cast(column, Text), _quoted(r"(\.\d*?)0+$"), _quoted(r"\1"))
            return func.regexp_replace(text, _quoted(r"\.$"), _quoted(""), type_=Text)
        if given is FieldType.DATETIME:
            text = func.strftime(cast(column, DateTime), _quoted("%Y-%m-%dT%H:%M:%S.%f"))
            return func.regexp_replace(text, _quoted(r"\.?0+$"), _quoted(""), type_=Text).concat("Z")
        return cast(column, Text)

    def to_integer(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Not by way of a double: it has no room for the last digits of long numbers."""
        match given:
            case FieldType.INTEGER | FieldType.BOOLEAN:
                return cast(column, BigInteger)
            case FieldType.DECIMAL:
                return try_cast(func.trunc(column), BigInteger)
            case FieldType.TEXT:
                whole = func.regexp_extract(cast(column, Text), _quoted(r"[+-]?\d+"))
                return self.where_like(column, _WHOLE, try_cast(whole, BigInteger))
            case _:
                return self.null(FieldType.INTEGER)

    def to_decimal(self, column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
        """What no double holds becomes infinite in one."""
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
                return self.where_like(column, _NUMBER, number if scale is not None else _finite(number))
            case _:
                return cast(NULL, target)

    def day_of(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast."""
        return cast(instant, Date)

    def read_day(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast; null for texts that are no days."""
        return self.where_like(text, _DAY, try_cast(cast(text, Text), Date))

    def first_instant(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast."""
        return cast(day, DateTime)

    def read_instant(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Through an aware one, which heeds the offset; the session's timezone is UTC."""
        aware = try_cast(cast(text, Text), DateTime(timezone=True))
        return self.where_like(text, _INSTANT, cast(aware, DateTime))


CONVERSIONS = DuckDbConversions()
