"""How PostgreSQL writes what engines write differently."""

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
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import CollationClause

from core.catalog.sources.postgresql_values import CONVERSIONS, TYPES, constant, exact
from core.catalog.sources.sql_functions import Bucketing, SqlFunctions, Window
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Grain

#: Compiles to `%s`; the connector puts each value in its place, quoted by the driver.
DIALECT: Dialect = PGDialect(paramstyle="format")  # type: ignore[no-untyped-call]
_COLLATION = CollationClause("C")  # type: ignore[no-untyped-call]
_TEXT = Text(collation="C")
_DATE = TYPES[FieldType.DATE]


class PostgreSqlFunctions(SqlFunctions):
    """PostgreSQL's own SQL. The session's timezone is UTC, so naive and aware columns read the same.

    `folding` is a collation whose `lower` knows more than ASCII; without one the database's own does it.
    """

    conversions = CONVERSIONS
    sql_dialect = "postgres"

    #: It knows no statistics of expressions.
    wants_opaque_keys = True

    #: It sorts all rows to count distinct values, in one process.
    wants_gathered_values = True

    #: A scan of a large table begins where another one is, and may be shared among processes or done by an index.
    scans_in_order = False

    def __init__(self, *, folding: str | None = "pg_c_utf8") -> None:
        self._folding = folding

    def instant(self, value: datetime) -> ColumnElement[Any]:
        """A bound aware timestamp; naive columns compare with it too, by their index."""
        return CONVERSIONS.literal(value, FieldType.DATETIME)

    def text(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """A cast, which is free for text, under the collation that compares bytes."""
        if column.type is _TEXT:
            return column
        return BinaryExpression(cast(column, TYPES[FieldType.TEXT]), _COLLATION, operators.collate, type_=_TEXT)

    def folded(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """`lower` under a collation that knows all letters: under "C" it knows ASCII only."""
        plain = cast(text, Text)
        return func.lower(plain.collate(self._folding) if self._folding else plain, type_=Text).collate("C")

    def matches(self, column: ColumnElement[Any], pattern: str, *, ignore_case: bool = True) -> ColumnElement[bool]:
        """LIKE over lower case on both sides."""
        bound: ColumnElement[str] = bindparam(None, pattern, Text, unique=True)
        if not ignore_case:
            return self.text(column).like(bound, escape="\\")
        return self.folded(self.text(column)).like(self.folded(bound), escape="\\")

    def bucket(self, column: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
        """`date_trunc` of the local time, as a date; parts as whole numbers."""
        local = column
        if how.timezone is not None and how.timezone != "UTC":
            local = func.timezone(constant(how.timezone), cast(column, TYPES[FieldType.DATETIME]))
        return _part(local, how) if how.grain.unit is None else _span(local, how)

    def aggregate(
        self, aggregation: Aggregation, operand: ColumnElement[Any], kind: FieldType, *, percent: float | None = None
    ) -> ColumnElement[Any]:
        """PostgreSQL sums 64 bits to exact numbers: brought back to 64, where an overflow is an error."""
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
                return func.avg(cast(operand, Double))
            case Aggregation.MEDIAN | Aggregation.PERCENTILE:
                part = 0.5 if aggregation is Aggregation.MEDIAN else (percent or 0) / 100
                ordered = cast(operand, Double)
                return func.percentile_cont(literal_column(repr(part))).within_group(ordered)
            case _:
                return _extreme(aggregation, operand, kind)

    def summed(
        self, operand: ColumnElement[Any], kind: FieldType, window: Window = lambda total: total
    ) -> ColumnElement[Any]:
        """Sums of whole numbers are wider than those: brought back to 64 bits, where an overflow is an error."""
        total = window(func.sum(operand))
        return cast(total, BigInteger) if kind is FieldType.INTEGER else total

    def opaque(self, rows: Select[Any]) -> Select[Any]:
        """An offset keeps the planner out, and one that is a 64-bit constant from the start lets it work in parallel.

        A plain 0 is of 32 bits and converted later: until then the planner fears that it skips rows.
        """
        return rows.offset(literal_column("'0'"))

    def converted(
        self, column: ColumnElement[Any], given: FieldType, wanted: FieldType, *, scale: int | None = None
    ) -> ColumnElement[Any]:
        """A cast of what has the form of the wanted type and fits it."""
        return CONVERSIONS.convert(self.text(column) if given is FieldType.TEXT else column, given, wanted, scale)

    def digest(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """It hashes bytes."""
        hashed = func.sha256(func.convert_to(text, literal_column("'UTF8'")))
        return func.encode(hashed, literal_column("'hex'"), type_=Text)

    def part(self, text: ColumnElement[str], separator: str, number: int) -> ColumnElement[str]:
        """`split_part`, which takes an empty text for one part; later parts are null where there are none."""
        text = self.text(text)
        mark = bindparam(None, separator, Text, unique=True)
        if number == 1:
            return func.split_part(text, mark, literal_column("1"), type_=Text)
        parts = func.string_to_array(text, mark, type_=ARRAY(Text))
        return parts[literal_column(str(number))].collate("C")

    def days_between(self, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
        """The difference of two dates is a whole number."""
        return cast(cast(last, Date).op("-", return_type=Integer())(cast(first, Date)), BigInteger)

    def days_added(self, day: ColumnElement[Any], days: ColumnElement[Any]) -> ColumnElement[Any]:
        """A date and a whole number."""
        return cast(day, Date).op("+", return_type=Date())(cast(days, Integer))

    def months_added(self, day: ColumnElement[Any], months: ColumnElement[Any]) -> ColumnElement[Any]:
        """A date and an interval of months, which clips by itself."""
        interval = func.make_interval(literal_column("0"), cast(months, Integer))
        return cast(cast(day, Date).op("+")(interval), Date)

    def rounded(self, number: ColumnElement[Any], digits: int, kind: FieldType) -> ColumnElement[Any]:
        """`round` of exact numbers; that of floating ones would take halves to even."""
        rounded = func.round(cast(number, TYPES[FieldType.DECIMAL]), literal_column(str(digits)))
        return cast(rounded, BigInteger) if kind is FieldType.INTEGER else rounded

    def output(self, column: ColumnElement[Any], kind: FieldType, scale: int | None) -> ColumnElement[Any]:
        """Texts of all sorts as text; exact numbers with their digits, which sums forget."""
        if kind is FieldType.TEXT:
            return column if column.type is _TEXT else cast(column, Text)
        if kind is FieldType.DECIMAL and scale is not None:
            return cast(column, exact(scale))
        return column


def _extreme(aggregation: Aggregation, operand: ColumnElement[Any], kind: FieldType) -> ColumnElement[Any]:
    """The least or greatest; of flags it is "all" and "any", as PostgreSQL has no order of them to aggregate."""
    is_least = aggregation is Aggregation.MIN
    if kind is FieldType.BOOLEAN:
        return func.bool_and(operand) if is_least else func.bool_or(operand)
    return func.min(operand) if is_least else func.max(operand)


def _span(local: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    """The first day of the span: shifted to where the plain calendar begins, cut, and shifted back."""
    if how.grain is Grain.DAY:
        return cast(local, _DATE)
    shift = _shift(how)
    if shift is None:
        return cast(func.date_trunc(constant(str(how.grain)), local), _DATE)
    return cast(func.date_trunc(constant(str(how.grain)), local.op("-")(shift)).op("+")(shift), _DATE)


def _shift(how: Bucketing) -> ColumnElement[Any] | None:
    """How much later than the plain calendar's the unit begins; None for not at all."""
    if how.grain is Grain.WEEK and how.calendar.week_start > 1:
        return literal_column(f"interval '{how.calendar.week_start - 1} days'")
    months = how.calendar.fiscal_year_start - 1
    if how.grain is Grain.QUARTER:
        months %= 3
    elif how.grain is not Grain.YEAR:
        months = 0
    return literal_column(f"interval '{months} months'") if months else None


def _part(local: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    if how.grain is Grain.ISO_WEEK:
        return func.to_char(local, constant('IYYY-"W"IW'), type_=Text)
    if how.grain is Grain.QUARTER_OF_YEAR:
        month = cast(func.date_part(constant("month"), local), Integer)
        later: ColumnElement[Any] = literal_column(str(12 - how.calendar.fiscal_year_start))
        return (
            (month.op("+")(later))
            .op("%")(literal_column("12"))
            .op("/")(literal_column("3"))
            .op("+")(literal_column("1"))
        )
    name = {
        Grain.HOUR_OF_DAY: "hour",
        Grain.DAY_OF_WEEK: "isodow",
        Grain.DAY_OF_MONTH: "day",
        Grain.MONTH_OF_YEAR: "month",
    }[how.grain]
    return cast(func.date_part(constant(name), local), BigInteger)
