"""How ClickHouse brings values to another type: bound literals, and columns read as what they are not."""

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
)
from sqlalchemy.types import TypeEngine

from core.catalog.sources.conversions import NULL, Conversions
from core.domain.field import FieldType

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


def _plain(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number without a fraction in digits alone."""
    return func.toString(number, type_=Text)


def _finite(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """The number unless it was too large for a double."""
    return case((func.isFinite(number), number), else_=NULL)


def _exact(text: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    """Rounded half away from zero, as decimals are; ClickHouse would cut the digits off."""
    wide = func.round(func.toDecimal256OrNull(text, literal_column(str(_EXACT_SCALE))), literal_column(str(scale)))
    return func.toDecimal128OrNull(func.toString(wide), literal_column(str(scale)), type_=Numeric(38, scale))


class ClickHouseConversions(Conversions):
    """ClickHouse's conversions."""

    def bound(self, value: Any, kind: FieldType) -> ColumnElement[Any]:
        """A parameter, which carries its type; exact numbers get as many digits as they have."""
        return bindparam(None, value, TYPES[kind], unique=True)

    def null(self, kind: FieldType) -> ColumnElement[Any]:
        """One of a number has no width, so that it goes with exact and floating ones."""
        if kind is FieldType.DECIMAL:
            return literal_column("NULL", Numeric)
        return cast(NULL, TYPES[kind])

    def is_like(self, text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
        """`match`."""
        return func.match(func.toString(text), constant(form))

    def trimmed(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """`trimBoth`, for FixedString and Enum columns too."""
        return func.trimBoth(func.toString(text))

    def to_text(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Numbers without needless zeros, instants as ISO 8601 in UTC."""
        match given:
            case FieldType.DATETIME:
                written = func.formatDateTime(
                    func.toDateTime64(column, literal_column("6"), constant("UTC")), constant("%Y-%m-%dT%H:%i:%S.%f")
                )
                return func.replaceRegexpOne(written, constant(r"\.?0+$"), constant(""), type_=Text).concat(
                    constant("Z")
                )
            case FieldType.BOOLEAN:
                return func.toString(cast(column, Boolean), type_=Text)
            case FieldType.DATE:
                return func.toString(func.toDate32(column), type_=Text)
            case _:
                return func.toString(column, type_=Text)

    def to_integer(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """By way of text, and not of a double: it has no room for the last digits of long numbers."""
        match given:
            case FieldType.INTEGER | FieldType.BOOLEAN:
                return func.toInt64(column, type_=BigInteger)
            case FieldType.DECIMAL:
                # Casts of floats that are no numbers or too large raise, whatever they are called.
                whole = func.regexpExtract(_plain(func.trunc(column)), constant(r"^-?\d+$"), literal_column("0"))
                return func.toInt64OrNull(whole, type_=BigInteger)
            case FieldType.TEXT:
                whole = func.regexpExtract(func.toString(column), constant(r"[+-]?\d+"), literal_column("0"))
                return self.where_like(column, _WHOLE, func.toInt64OrNull(whole, type_=BigInteger))
            case _:
                return self.null(FieldType.INTEGER)

    def to_decimal(self, column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
        """By functions that end in OrNull."""
        match given:
            case FieldType.DECIMAL:
                return column if scale is None else _exact(func.toString(column), scale)
            case FieldType.INTEGER | FieldType.BOOLEAN:
                whole = func.toInt64(column)
                return func.toFloat64(whole, type_=Double) if scale is None else _exact(func.toString(whole), scale)
            case FieldType.TEXT:
                text = self.trimmed(column)
                number = _finite(func.toFloat64OrNull(text, type_=Double)) if scale is None else _exact(text, scale)
                return self.where_like(column, _NUMBER, number)
            case _:
                return self.null(FieldType.DECIMAL)

    def day_of(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """In UTC, whatever the column's own timezone."""
        return func.toDate32(func.toTimeZone(instant, constant("UTC")), type_=Date)

    def read_day(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Days that exist."""
        return self.where_like(text, _DAY, self._real_day(self.trimmed(text)))

    def first_instant(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """In UTC, whatever the server's timezone."""
        return func.toDateTime64(func.toDate32(day), literal_column("6"), constant("UTC"), type_=DateTime)

    def read_instant(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Best effort, where the day exists."""
        bare = self.trimmed(text)
        instant = func.parseDateTime64BestEffortOrNull(bare, literal_column("6"), constant("UTC"), type_=DateTime)
        is_day = self._real_day(func.substring(bare, literal_column("1"), literal_column("10"))).is_not(None)
        return self.where_like(text, _INSTANT, case((is_day, instant), else_=self.null(FieldType.DATETIME)))

    def _real_day(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """ClickHouse reads 30 February as 2 March."""
        day = func.toDate32OrNull(text, type_=Date)
        return case((func.toString(day) == text, day), else_=self.null(FieldType.DATE))


CONVERSIONS = ClickHouseConversions()
