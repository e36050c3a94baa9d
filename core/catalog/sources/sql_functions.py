"""SQL that engines write differently; one subclass per engine, in the file of its dialect."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Integer, Select, String, Text, cast, func

from core.catalog.sources.conversions import Conversions
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Calendar, Grain, Scalar

#: What makes of a sum one over a window.
Window = Callable[[ColumnElement[Any]], ColumnElement[Any]]

#: The default calendar: weeks from Monday, years from January.
DEFAULT_CALENDAR = Calendar()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucketing:
    """How a date is grouped."""

    grain: Grain
    timezone: str | None  #: None for dates without time
    calendar: Calendar = DEFAULT_CALENDAR
    #: Half-open span that every value lies in, where it is known; a hint that may make it cheaper.
    between: tuple[datetime, datetime] | None = None


class SqlFunctions(ABC):
    """One engine's SQL. Columns are raw columns of the source; instants there are UTC.

    What an engine answers must be the same as on every other one: texts compare and sort by code point, divisions are
    doubles and empty where the divisor is zero, averages and percentiles are doubles, sums of whole numbers are 64-bit
    (an overflow is an error, never a wrap), sums of exact numbers stay exact, and empty values sort last either way.
    """

    #: Whether `bucket` is so much cheaper in a known span that asking for the first and last value pays off.
    wants_spans: bool = False

    #: Whether the planner takes a date's span for as many groups as the date has values, unless it cannot see how it
    #: is made; then it sorts all rows instead of hashing them. `opaque` is what it cannot see through.
    wants_opaque_keys: bool = False

    #: Whether distinct values are counted so slowly that gathering them first, in a select of their own, pays off.
    wants_gathered_values: bool = False

    #: Whether plain scans of a table hand its rows out in the order of their hidden number, whatever else goes on.
    scans_in_order: bool = True

    #: Whether `order` gives names alone, and those mean what is selected: expressions of names are not let near the
    #: aggregates that the names stand for.
    orders_by_names: bool = True

    #: How values come to another type.
    conversions: Conversions

    #: The name under which sqlglot reads this engine's SQL; empty: it runs no saved SQL.
    sql_dialect: str = ""

    @abstractmethod
    def instant(self, value: datetime) -> ColumnElement[Any]:
        """A bound instant that compares with a raw date-and-time column without touching the column."""

    def text(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """The column as text that compares, groups and sorts by code point.

        What it gives is of one type object of the engine's, by which it knows again what is such a text already.
        """
        return cast(column, String)

    def folded(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """The text without differences of case (lower case, beyond ASCII too)."""
        return func.lower(text)

    def raised(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """The text in capital letters (beyond ASCII too)."""
        return func.upper(text, type_=Text)

    def length(self, text: ColumnElement[str]) -> ColumnElement[int]:
        """How many characters (not bytes) the text has."""
        return func.char_length(text, type_=BigInteger)

    def first_characters(self, text: ColumnElement[str], count: ColumnElement[int]) -> ColumnElement[str]:
        """The first characters (not bytes) of the text; `count` is at least 0."""
        return func.left(text, cast(count, Integer), type_=Text)

    def last_characters(self, text: ColumnElement[str], count: ColumnElement[int]) -> ColumnElement[str]:
        """The last characters (not bytes) of the text; `count` is at least 0."""
        return func.right(text, cast(count, Integer), type_=Text)

    @abstractmethod
    def matches(self, column: ColumnElement[Any], pattern: str, *, ignore_case: bool = True) -> ColumnElement[bool]:
        r"""LIKE; `pattern` is a LIKE pattern whose escape character is `\`."""

    @abstractmethod
    def bucket(self, column: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
        """The span or part a value lies in: a date for spans, a whole number for parts, a text for ISO_WEEK."""

    @abstractmethod
    def aggregate(
        self, aggregation: Aggregation, operand: ColumnElement[Any], kind: FieldType, *, percent: float | None = None
    ) -> ColumnElement[Any]:
        """An aggregate over `operand` of type `kind` (COUNT counts the rows where it is not null)."""

    @abstractmethod
    def summed(
        self, operand: ColumnElement[Any], kind: FieldType, window: Window = lambda total: total
    ) -> ColumnElement[Any]:
        """The sum over `operand` of type `kind`, or that over a window."""

    def opaque(self, rows: Select[Any]) -> Select[Any]:
        """The same rows as a subquery that the planner does not merge with the query around it."""
        return rows

    def whole(self, value: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """What a window over all rows is divided by, where `value` is one of its columns: nothing."""
        del value
        return ()

    def divided(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        """`left / right` as a double; null where `right` is zero."""
        return cast(left, Double) / func.nullif(cast(right, Double), 0, type_=Double())

    def same(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
        """Equal, where two nulls are equal too."""
        return left.is_not_distinct_from(right)

    def converted(
        self, column: ColumnElement[Any], given: FieldType, wanted: FieldType, *, scale: int | None = None
    ) -> ColumnElement[Any]:
        """The column as another type; values that cannot be read as it are null, never an error.

        Numbers as text are written without needless zeros; instants as text are ISO 8601 in UTC; texts are read in
        the same forms. To INTEGER fractions are cut off.
        """
        return self.conversions.convert(column, given, wanted, scale)

    @abstractmethod
    def part(self, text: ColumnElement[str], separator: str, number: int) -> ColumnElement[str]:
        """The part of `text` before the `number`-th separator (from 1), after the one before it; null where none is."""

    @abstractmethod
    def days_between(self, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
        """Whole days from the day `first` to the day `last`."""

    @abstractmethod
    def days_added(self, day: ColumnElement[Any], days: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day that many days later."""

    @abstractmethod
    def months_added(self, day: ColumnElement[Any], months: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day that many months later, clipped to the month's end."""

    @abstractmethod
    def rounded(self, number: ColumnElement[Any], digits: int, kind: FieldType) -> ColumnElement[Any]:
        """Round half away from zero to `digits` after the point."""

    def concatenated(self, parts: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
        """The texts one after the other; null where one of them is."""
        joined = parts[0]
        for text in parts[1:]:
            joined = joined.concat(text)
        return joined

    def digest(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """The SHA-256 of the text's UTF-8 in 64 small hexadecimal digits."""
        return func.sha256(text, type_=Text)

    def literal(self, value: Scalar, kind: FieldType) -> ColumnElement[Any]:
        """A bound value of a type that the engine need not guess, in a select list too; instants in UTC."""
        return self.conversions.literal(value, kind)

    def empty(self, kind: FieldType) -> ColumnElement[Any]:
        """A null of a type."""
        return self.conversions.null(kind)

    def output(
        self,
        column: ColumnElement[Any],
        kind: FieldType,  # noqa: ARG002 - for engines that hand over other types
        scale: int | None,  # noqa: ARG002
    ) -> ColumnElement[Any]:
        """The column in the final select list, brought to what the connector hands over as the type's Arrow form."""
        return column

    def order(self, key: ColumnElement[Any], *, descending: bool) -> tuple[ColumnElement[Any], ...]:
        """Order by `key` with empty values last either way; texts by code point, enumerations too."""
        key = self.text(key) if isinstance(key.type, String) else key
        return ((key.desc() if descending else key.asc()).nulls_last(),)
