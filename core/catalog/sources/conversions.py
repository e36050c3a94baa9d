"""What engines agree on when values come to another type: how values of ours are bound, and what is read as what.

What each engine writes for it is in the file of its values.
"""

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ColumnElement, case, func, literal_column

from core.domain.field import FieldType
from core.domain.filter import Scalar

NULL: ColumnElement[Any] = literal_column("NULL")
ZERO: ColumnElement[Any] = literal_column("0")
_WORDS = ("true", "false")


class Conversions(ABC):
    """One engine's conversions; null where a value cannot be read as the other type."""

    @abstractmethod
    def bound(self, value: Any, kind: FieldType) -> ColumnElement[Any]:
        """A bound value of a type that the engine need not guess; instants are given naive, in UTC."""

    @abstractmethod
    def null(self, kind: FieldType) -> ColumnElement[Any]:
        """A null of a type."""

    @abstractmethod
    def is_like(self, text: ColumnElement[Any], form: str) -> ColumnElement[bool]:
        """Whether the text has a form, which is a regular expression."""

    @abstractmethod
    def to_text(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Numbers without needless zeros, instants as ISO 8601 in UTC."""

    @abstractmethod
    def to_integer(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Without fractions, which are cut off."""

    @abstractmethod
    def to_decimal(self, column: ColumnElement[Any], given: FieldType, scale: int | None) -> ColumnElement[Any]:
        """Exact numbers of a scale; without one doubles."""

    @abstractmethod
    def day_of(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        """Its day in UTC."""

    @abstractmethod
    def read_day(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day that a text writes, or null."""

    @abstractmethod
    def first_instant(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """Its beginning in UTC."""

    @abstractmethod
    def read_instant(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The instant that a text writes, or null."""

    def to_date(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Days, of instants those in UTC."""
        match given:
            case FieldType.DATE:
                return column
            case FieldType.DATETIME:
                return self.day_of(column)
            case FieldType.TEXT:
                return self.read_day(column)
            case _:
                return self.null(FieldType.DATE)

    def to_instant(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """Instants, of days their first ones in UTC."""
        match given:
            case FieldType.DATETIME:
                return column
            case FieldType.DATE:
                return self.first_instant(column)
            case FieldType.TEXT:
                return self.read_instant(column)
            case _:
                return self.null(FieldType.DATETIME)

    def to_boolean(self, column: ColumnElement[Any], given: FieldType) -> ColumnElement[Any]:
        """All numbers but zero are true; of texts two words mean something."""
        match given:
            case FieldType.BOOLEAN:
                return column
            case FieldType.INTEGER | FieldType.DECIMAL:
                return column != ZERO
            case FieldType.TEXT:
                word = func.lower(self.trimmed(column))
                known = [(word == literal_column(f"'{name}'"), literal_column(name, Boolean)) for name in _WORDS]
                return case(*known, else_=self.null(FieldType.BOOLEAN))
            case _:
                return self.null(FieldType.BOOLEAN)

    def trimmed(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """The text without blanks around it."""
        return func.trim(text)

    def where_like(self, text: ColumnElement[Any], form: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """The value where the text has the form, else null."""
        return case((self.is_like(text, form), value), else_=NULL)

    def literal(self, value: Scalar | Decimal, kind: FieldType) -> ColumnElement[Any]:
        """A bound value, given in any form in which it may come."""
        match kind:
            case FieldType.TEXT:
                return self.bound(str(value), kind)
            case FieldType.INTEGER:
                return self.bound(int(str(value)), kind)
            case FieldType.BOOLEAN:
                return self.bound(value, kind)
            case FieldType.DATE:
                return self.bound(_day(value), kind)
            case FieldType.DATETIME:
                return self.bound(_instant(value), kind)
            case FieldType.DECIMAL:
                return self.bound(Decimal(str(value)), kind)

    def convert(
        self, column: ColumnElement[Any], given: FieldType, wanted: FieldType, scale: int | None = None
    ) -> ColumnElement[Any]:
        """The column as another type."""
        match wanted:
            case FieldType.TEXT:
                return self.to_text(column, given)
            case FieldType.INTEGER:
                return self.to_integer(column, given)
            case FieldType.DECIMAL:
                return self.to_decimal(column, given, scale)
            case FieldType.BOOLEAN:
                return self.to_boolean(column, given)
            case FieldType.DATE:
                return self.to_date(column, given)
            case FieldType.DATETIME:
                return self.to_instant(column, given)


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _instant(value: object) -> datetime:
    """A naive one in UTC."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
