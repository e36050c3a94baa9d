"""How MySQL and MariaDB write what engines write differently."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BinaryExpression,
    ColumnElement,
    Date,
    Dialect,
    Double,
    Integer,
    String,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.sql import functions, operators
from sqlalchemy.sql.elements import CollationClause

from core.catalog.sources.local_time import LocalTime
from core.catalog.sources.mysql_values import CONVERSIONS, HIGHEST, LOWEST, TYPES, constant
from core.catalog.sources.sql_functions import Bucketing, SqlFunctions, Window
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Grain, Scalar

#: Collations that compare code points and heed blanks at the end.
MARIADB_COLLATION, MYSQL_COLLATION = "utf8mb4_nopad_bin", "utf8mb4_0900_bin"


def _dialect() -> Dialect:
    """MySQL's dialect with `%s` placeholders and names in double quotes, as sessions are set to read them."""
    dialect = MySQLDialect(paramstyle="format")
    dialect._support_float_cast = True
    dialect.identifier_preparer = dialect.preparer(dialect, server_ansiquotes=True)
    return dialect


DIALECT = _dialect()
_ONE: ColumnElement[Any] = literal_column("1")
_CHARACTERS, _DATE = TYPES[FieldType.TEXT], TYPES[FieldType.DATE]


class MySqlFunctions(SqlFunctions):
    """MySQL's and MariaDB's own SQL. The session's timezone is UTC, so DATETIME and TIMESTAMP read the same."""

    conversions = CONVERSIONS
    sql_dialect = "mysql"
    orders_by_names = False

    #: One comparison a row instead of nine: asking for the first and last value costs half of what it saves.
    wants_spans = True

    def __init__(self, *, collation: str = MARIADB_COLLATION) -> None:
        self._collation = CollationClause(collation)  # type: ignore[no-untyped-call]
        self._text = Text(collation=collation)

    def instant(self, value: datetime) -> ColumnElement[Any]:
        """A bound naive UTC timestamp."""
        return CONVERSIONS.literal(value, FieldType.DATETIME)

    def text(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """Text under the collation that compares code points."""
        if column.type is self._text:
            return column
        return BinaryExpression(cast(column, _CHARACTERS), self._collation, operators.collate, type_=self._text)

    def whole(self, value: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """One part that the server takes for many: MariaDB forgets to sort anew after a window over all rows."""
        return (value.is_(None) & value.is_not(None),)

    def folded(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """`lower`, which knows all letters; its collation stays."""
        return func.lower(self.text(text), type_=Text)

    def matches(self, column: ColumnElement[Any], pattern: str, *, ignore_case: bool = True) -> ColumnElement[bool]:
        """LIKE, over lower case on both sides where case is to be ignored."""
        bound: ColumnElement[str] = bindparam(None, pattern, Text, unique=True)
        if not ignore_case:
            return self.text(column).like(bound, escape="\\")
        return self.folded(column).like(self.folded(bound), escape="\\")

    def bucket(self, column: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
        """Arithmetic on the day of the local time."""
        local = column
        if how.timezone is not None and how.timezone != "UTC":
            local = LocalTime(column, how.timezone, how.between)
        return _part(local, how) if how.grain.unit is None else _span(local, how)

    def aggregate(
        self, aggregation: Aggregation, operand: ColumnElement[Any], kind: FieldType, *, percent: float | None = None
    ) -> ColumnElement[Any]:
        """Sums of whole numbers come as exact ones: brought back to 64 bits, where an overflow is an error."""
        if kind is FieldType.TEXT:
            operand = self.text(operand)
        match aggregation:
            case Aggregation.COUNT:
                return func.count(operand)
            case Aggregation.COUNT_DISTINCT:
                return func.count(operand.distinct())
            case Aggregation.SUM:
                return self.summed(operand, kind)
            case Aggregation.AVERAGE:
                return func.avg(cast(operand, Double), type_=Double)
            case Aggregation.MEDIAN | Aggregation.PERCENTILE:
                part = 0.5 if aggregation is Aggregation.MEDIAN else (percent or 0) / 100
                return _percentile(cast(operand, Double), part)
            case _:
                return func.min(operand) if aggregation is Aggregation.MIN else func.max(operand)

    def summed(
        self, operand: ColumnElement[Any], kind: FieldType, window: Window = lambda total: total
    ) -> ColumnElement[Any]:
        """A cast would clip at 64 bits with a warning: what does not fit is doubled, which is an error."""
        total = window(func.sum(operand))
        if kind is not FieldType.INTEGER:
            return total
        excess = case((total.between(LOWEST, HIGHEST), literal_column("1")), else_=literal_column("2"))
        return cast(total, BigInteger).op("*", return_type=BigInteger())(excess)

    def converted(
        self, column: ColumnElement[Any], given: FieldType, wanted: FieldType, *, scale: int | None = None
    ) -> ColumnElement[Any]:
        """A cast of what has the form of the wanted type and fits it: others would be cut with a warning only."""
        converted = CONVERSIONS.convert(self.text(column) if given is FieldType.TEXT else column, given, wanted, scale)
        return self.text(converted) if wanted is FieldType.TEXT else converted

    def digest(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """Its name says the family; 256 is the member. As UTF-8, whatever the column is kept in."""
        return func.sha2(text, literal_column("256"), type_=Text)

    def part(self, text: ColumnElement[str], separator: str, number: int) -> ColumnElement[str]:
        """`substring_index` twice, where there are as many separators."""
        text = self.text(text)
        mark = self.text(bindparam(None, separator, Text, unique=True))
        until = func.substring_index(text, mark, literal_column(str(number)))
        found = func.substring_index(until, mark, literal_column("-1"), type_=Text)
        if number == 1:
            return found
        removed = func.char_length(text).op("-")(func.char_length(func.replace(text, mark, constant(""))))
        needed = func.char_length(mark).op("*")(literal_column(str(number - 1)))
        return case((removed >= needed, found), else_=literal_column("NULL"))

    def days_between(self, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
        """`datediff`."""
        return func.datediff(last, first, type_=BigInteger)

    def days_added(self, day: ColumnElement[Any], days: ColumnElement[Any]) -> ColumnElement[Any]:
        """`timestampadd` of a date is a date."""
        return func.timestampadd(literal_column("DAY"), days, cast(day, Date), type_=Date)

    def months_added(self, day: ColumnElement[Any], months: ColumnElement[Any]) -> ColumnElement[Any]:
        """`timestampadd` clips by itself."""
        return func.timestampadd(literal_column("MONTH"), months, cast(day, Date), type_=Date)

    def rounded(self, number: ColumnElement[Any], digits: int, kind: FieldType) -> ColumnElement[Any]:
        """`round` of exact numbers; that of floating ones would take halves to even. Large ones have no fraction."""
        exact = func.round(cast(number, TYPES[FieldType.DECIMAL]), literal_column(str(digits)))
        if kind is FieldType.INTEGER:
            return cast(exact, BigInteger)
        return case((func.abs(number) < literal_column("1e34"), exact), else_=number)

    def literal(self, value: Scalar, kind: FieldType) -> ColumnElement[Any]:
        """A bound value in a cast; texts under the collation that all have."""
        literal = CONVERSIONS.literal(value, kind)
        return self.text(literal) if kind is FieldType.TEXT else literal

    def output(self, column: ColumnElement[Any], kind: FieldType, scale: int | None) -> ColumnElement[Any]:
        """Exact numbers with their digits. FLOAT would be sent with six digits only: by one it becomes DOUBLE.

        Sums are no FLOAT.
        """
        if kind is not FieldType.DECIMAL or (scale is None and isinstance(column, functions.sum)):
            return column
        if scale is None:
            return column * _ONE
        return func.round(column, literal_column(str(scale)))

    def order(self, key: ColumnElement[Any], *, descending: bool) -> tuple[ColumnElement[Any], ...]:
        """Empty values by a key of their own; texts by code point."""
        value = self.text(key) if isinstance(key.type, String) else key
        return (key.is_(None), value.desc() if descending else value.asc())


def _percentile(operand: ColumnElement[Any], part: float) -> ColumnElement[Any]:
    """The values in order as one text, of which the two around the place are taken, and what lies between them.

    A text that is cut comes with a warning, which the connector takes for an error.
    """
    ordered = func.group_concat(operand.op("ORDER BY")(operand))
    place = literal_column(repr(part)).op("*")(func.count(operand).op("-")(literal_column("1")))
    lower, upper = (
        cast(
            func.substring_index(
                func.substring_index(ordered, constant(","), number.op("+")(literal_column("1"))),
                constant(","),
                literal_column("-1"),
            ),
            Double,
        )
        for number in (func.floor(place), func.ceil(place))
    )
    between = place.op("-")(func.floor(place))
    return lower.op("+", return_type=Double())(between.op("*")(upper.op("-")(lower)))


def _span(local: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    """The first day of the span: so many days back from the day, then so many months."""
    day = cast(local, _DATE)
    if how.grain is Grain.DAY:
        return day
    if how.grain is Grain.WEEK:
        later: ColumnElement[Any] = literal_column(str(8 - how.calendar.week_start))
        return func.subdate(day, (func.weekday(local).op("+")(later)).op("%")(literal_column("7")), type_=Date)
    first = func.subdate(day, func.dayofmonth(local) - _ONE, type_=_DATE)
    if how.grain is Grain.MONTH:
        return first
    back = _month_of_year(local, how).op("%")(literal_column("3" if how.grain is Grain.QUARTER else "12"))
    return func.timestampadd(literal_column("MONTH"), literal_column("0").op("-")(back), first, type_=Date)


def _month_of_year(local: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    """The month of the calendar's year, from 0."""
    later: ColumnElement[Any] = literal_column(str(12 - how.calendar.fiscal_year_start))
    return (func.month(local).op("+")(later)).op("%", return_type=Integer())(literal_column("12"))


def _part(local: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    match how.grain:
        case Grain.ISO_WEEK:
            return func.date_format(local, constant("%x-W%v"), type_=Text)
        case Grain.QUARTER_OF_YEAR:
            quarter = _month_of_year(local, how).op("DIV")(literal_column("3"))
            return quarter.op("+", return_type=Integer())(literal_column("1"))
        case Grain.DAY_OF_WEEK:
            return func.weekday(local).op("+", return_type=Integer())(literal_column("1"))
        case Grain.HOUR_OF_DAY:
            return func.hour(local, type_=Integer)
        case Grain.DAY_OF_MONTH:
            return func.dayofmonth(local, type_=Integer)
        case _:
            return func.month(local, type_=Integer)
