"""How PostgreSQL brings values to another type: bound literals, and columns read as what they are not."""

from datetime import UTC, datetime
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

from core.catalog.sources.conversions import NULL, ZERO, Conversions
from core.catalog.sources.text_forms import DAY, FRACTION, INSTANT, NUMBER, WHOLE
from core.domain.field import FieldType

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


def constant(text: str) -> ColumnElement[Any]:
    """A text of ours in the statement itself."""
    return literal_column("'" + text.replace("'", "''") + "'")


def _fitting(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without fraction as 64 bits, where it fits; the bounds are exact as doubles too."""
    fits = and_(
        number >= literal_column("-9223372036854775808"),
        number < literal_column("9223372036854775808"),
    )
    return case((fits, cast(number, BigInteger)), else_=cast(NULL, BigInteger))


def exact(scale: int) -> TypeEngine[Any]:
    """The widest exact type of a scale that results carry."""
    return Numeric(MAX_DIGITS, scale)


def _exact(number: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    limit: ColumnElement[Any] = literal_column("1" + "0" * (MAX_DIGITS - scale))
    rounded = func.round(cast(number, Numeric), literal_column(str(scale)))
    return case((func.abs(rounded) < limit, cast(rounded, exact(scale))), else_=NULL)


def _floating(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """An exact number as a double; past its range null, too close to zero for it zero."""
    size = func.abs(number)
    return case(
        (size > literal_column("1.7976931348623157e308"), cast(NULL, Double)),
        (size < literal_column("2.2250738585072014e-308"), cast(ZERO, Double)),
        else_=cast(number, Double),
    )


class PostgreSqlConversions(Conversions):
    """PostgreSQL's conversions; texts come under the collation "C"."""

    def bound(self, value: Any, kind: FieldType) -> ColumnElement[Any]:
        """In a cast: a bare one would be of no type at all. Instants are aware."""
        aware = value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        return cast(bindparam(None, aware, TYPES[kind], unique=True), TYPES[kind])

    def null(self, kind: FieldType) -> ColumnElement[Any]:
        """A cast null."""
        return cast(NULL, TYPES[kind])

    def is_like(self, text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
        """`~`."""
        return text.op("~", is_comparison=True)(constant(form))

    def to_text(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Trailing zeros are trimmed off."""
        text: ColumnElement[Any] = cast(column, Text)
        if given is FieldType.DECIMAL:
            short = func.rtrim(func.rtrim(text, constant("0")), constant("."))
            text = case((self.is_like(text, FRACTION), short), else_=text)
        if given is FieldType.DATETIME:
            full = func.to_char(cast(column, DateTime), constant('YYYY-MM-DD"T"HH24:MI:SS.US'))
            text = func.rtrim(func.rtrim(full, constant("0")), constant(".")).op("||", return_type=Text())(
                constant("Z")
            )
        return cast(text, Text).collate("C")

    def to_integer(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """What does not fit is null: a cast would end the query."""
        match given:
            case FieldType.INTEGER:
                return column
            case FieldType.BOOLEAN:
                return cast(cast(column, Integer), BigInteger)
            case FieldType.DECIMAL:
                return _fitting(func.trunc(column))
            case FieldType.TEXT:
                whole = cast(func.substring(column, constant("[+-]?[0-9]+")), Numeric)
                return self.where_like(column, WHOLE, _fitting(whole))
            case _:
                return self.null(FieldType.INTEGER)

    def to_decimal(self, column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
        """Texts by way of exact numbers."""
        match given:
            case FieldType.DECIMAL | FieldType.INTEGER:
                if scale is None:
                    return column if given is FieldType.DECIMAL else cast(column, Double)
                return _exact(column, scale)
            case FieldType.BOOLEAN:
                return self.to_decimal(self.to_integer(column, given), FieldType.INTEGER, scale)
            case FieldType.TEXT:
                number = cast(cast(column, Text), Numeric)
                value = _floating(number) if scale is None else _exact(number, scale)
                return self.where_like(column, NUMBER, value)
            case _:
                return cast(NULL, exact(scale) if scale is not None else Double())

    def day_of(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast; the session is in UTC."""
        return cast(instant, Date)

    def read_day(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast of texts that are days."""
        return self.where_like(text, DAY, cast(text, Date))

    def first_instant(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast; the session is in UTC."""
        return cast(day, DateTime(timezone=True))

    def read_instant(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """A cast of texts that are instants; the session is in UTC."""
        return self.where_like(text, INSTANT, cast(text, DateTime(timezone=True)))


CONVERSIONS = PostgreSqlConversions()
