"""How ClickHouse writes what engines write differently, and how its column types map to ours.

The connectors set what the semantics rest on: empty values from outer joins, aggregates over nothing that are null,
names that mean columns before they mean aliases, days before 1970 and after 2149 (`clickhouse_results.SETTINGS`).
"""

import re
from datetime import datetime
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
    case,
    cast,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy.sql import functions, visitors

from core.catalog.sources.clickhouse_dialect import Quantile
from core.catalog.sources.clickhouse_values import CONVERSIONS, TYPES, constant
from core.catalog.sources.local_time import LocalTime
from core.catalog.sources.sql_functions import Bucketing, SqlFunctions, Window
from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import Grain

#: Functions of many rows: what they give has no type that is known before they ran.
_AGGREGATES = frozenset({"avg", "count", "max", "min", "sum", "uniqExact"})
_TEXT, _DATE = TYPES[FieldType.TEXT], TYPES[FieldType.DATE]
_WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)")
_SIMPLE_AGGREGATE = re.compile(r"SimpleAggregateFunction\(\w+, (.*)\)")
_DECIMAL = re.compile(r"Decimal(?:\d*)\((?:\d+, )?(\d+)\)")
_TYPES: dict[str, FieldType] = {
    **dict.fromkeys(("String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6"), FieldType.TEXT),
    **dict.fromkeys(("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32"), FieldType.INTEGER),
    **dict.fromkeys(("UInt64", "Int128", "UInt128", "Int256", "UInt256"), FieldType.DECIMAL),
    **dict.fromkeys(("Float32", "Float64", "BFloat16", "Decimal"), FieldType.DECIMAL),
    "Bool": FieldType.BOOLEAN,
    **dict.fromkeys(("Date", "Date32"), FieldType.DATE),
    **dict.fromkeys(("DateTime", "DateTime64"), FieldType.DATETIME),
}
#: Brings any number to a result's: whole ones become exact ones, exact ones as wide as they get, floats stay.
_NUMBER: ColumnElement[Any] = literal_column("toDecimal128('1', 0)")
_WIDE_NUMBER: ColumnElement[Any] = literal_column("toDecimal256('1', 0)")


def field_type(clickhouse_type: str) -> tuple[FieldType, int | None] | None:
    """Our type for ClickHouse's and its digits after the point; None for what no report can show (arrays, maps, …)."""
    name = clickhouse_type
    while (inner := _WRAPPED.fullmatch(name) or _SIMPLE_AGGREGATE.fullmatch(name)) is not None:
        name = inner[1]
    kind = _TYPES.get(re.split(r"\(", name, maxsplit=1)[0])
    if kind is None:
        return None
    if (decimal := _DECIMAL.fullmatch(name)) is not None:
        return kind, int(decimal[1])
    return kind, 0 if kind is FieldType.DECIMAL and "Int" in name else None


class ClickHouseFunctions(SqlFunctions):
    """ClickHouse's own SQL."""

    conversions = CONVERSIONS
    sql_dialect = "clickhouse"

    #: Names mean columns before they mean what is selected under them.
    orders_by_names = False

    def instant(self, value: datetime) -> ColumnElement[Any]:
        """A bound timestamp of microseconds, whose type names the zone."""
        return CONVERSIONS.literal(value, FieldType.DATETIME)

    def text(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """A cast, for UUID, Enum and FixedString columns; bytes of UTF-8 compare as code points do."""
        return column if column.type is _TEXT else cast(column, _TEXT)

    def folded(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """`lowerUTF8`; plain `lower` knows ASCII only."""
        return func.lowerUTF8(text, type_=Text)

    def matches(self, column: ColumnElement[Any], pattern: str, *, ignore_case: bool = True) -> ColumnElement[bool]:
        """LIKE on texts folded on both sides: ILIKE folds by other rules than `folded`."""
        text, wanted = self.text(column), CONVERSIONS.literal(pattern, FieldType.TEXT)
        return self.folded(text).like(self.folded(wanted)) if ignore_case else text.like(wanted)

    def bucket(self, column: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
        """`toStartOf…` of the local day; parts as whole numbers."""
        if how.timezone is None:
            return _part(column, how) if how.grain.unit is None else _span(func.toDate32(column, type_=Date), how)
        local = _local(column, how)
        return _part(local, how) if how.grain.unit is None else _span(func.toDate32(local, type_=_DATE), how)

    def aggregate(
        self, aggregation: Aggregation, operand: ColumnElement[Any], kind: FieldType, *, percent: float | None = None
    ) -> ColumnElement[Any]:
        """Sums wrap silently: whole numbers are summed to 128 bits and brought back, exact ones to 256."""
        match aggregation:
            case Aggregation.COUNT:
                return func.toInt64(func.count(operand), type_=BigInteger)
            case Aggregation.COUNT_DISTINCT:
                return func.toInt64(func.uniqExact(operand), type_=BigInteger)
            case Aggregation.SUM:
                return self.summed(operand, kind)
            case Aggregation.AVERAGE:
                return func.avg(cast(operand, Double), type_=Double())
            case Aggregation.MEDIAN | Aggregation.PERCENTILE:
                share = 0.5 if aggregation is Aggregation.MEDIAN else (percent or 0) / 100
                return Quantile(cast(operand, Double), share=share)
            case _:
                pick = func.min if aggregation is Aggregation.MIN else func.max
                return pick(self.text(operand) if kind is FieldType.TEXT else operand)

    def summed(
        self, operand: ColumnElement[Any], kind: FieldType, window: Window = lambda total: total
    ) -> ColumnElement[Any]:
        """In wider numbers than the operand's: its own would turn over."""
        if kind is FieldType.INTEGER:
            total = window(func.sum(func.toInt128(operand)))
            return func.accurateCast(total, constant("Int64"), type_=BigInteger)
        return window(func.sum(func.multiply(operand, _WIDE_NUMBER), type_=Numeric()))

    def divided(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        """A zero has no sign then: groups and distinct values would tell one with it from one without."""
        return super().divided(left, right) + literal_column("0.0", Double)

    def digest(self, text: ColumnElement[str]) -> ColumnElement[str]:
        """It gives bytes."""
        return func.lower(func.hex(func.SHA256(text)), type_=Text)

    def part(self, text: ColumnElement[str], separator: str, number: int) -> ColumnElement[str]:
        """An element of the split text, which must not be null to be split; past the last one there is none."""
        parts = func.splitByString(constant(separator), func.ifNull(self.text(text), constant("")))
        place: ColumnElement[Any] = literal_column(str(number))
        is_there = text.is_not(None) & func.notEmpty(func.arraySlice(parts, place, literal_column("1")))
        return case((is_there, func.arrayElement(parts, place, type_=Text)), else_=CONVERSIONS.null(FieldType.TEXT))

    def days_between(self, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
        """`dateDiff` of days."""
        return func.dateDiff(constant("day"), func.toDate32(first), func.toDate32(last), type_=BigInteger)

    def days_added(self, day: ColumnElement[Any], days: ColumnElement[Any]) -> ColumnElement[Any]:
        """`addDays`."""
        return func.addDays(func.toDate32(day), days, type_=Date)

    def months_added(self, day: ColumnElement[Any], months: ColumnElement[Any]) -> ColumnElement[Any]:
        """`addMonths`, which clips by itself."""
        return func.addMonths(func.toDate32(day), months, type_=Date)

    def rounded(self, number: ColumnElement[Any], digits: int, kind: FieldType) -> ColumnElement[Any]:
        """By hand: its `round` takes exact numbers half away from zero, but floating ones half to even."""
        if kind is FieldType.INTEGER:
            return number if digits >= 0 else func.round(number, literal_column(str(digits)), type_=BigInteger)
        # A digit after the point, so that divisions of exact numbers keep the half.
        wide = func.multiply(number, literal_column("toDecimal128('1.0', 1)"))
        power: ColumnElement[Any] = literal_column(f"toDecimal128('1{'0' * abs(digits)}', 0)")
        there, back = (func.multiply, func.divide) if digits >= 0 else (func.divide, func.multiply)
        half = func.multiply(func.sign(number), literal_column("toDecimal128('0.5', 1)"))
        rounded = back(func.trunc(func.plus(there(wide, power), half)), power)
        if _is_aggregated(number):  # the name of its type is no constant; one digit more harms nobody there
            return type_coerce(rounded, number.type)
        return func.accurateCast(rounded, func.toTypeName(number), type_=number.type)

    def output(self, column: ColumnElement[Any], kind: FieldType, scale: int | None) -> ColumnElement[Any]:
        """Arrow's form of Enum, UUID, DateTime and wide whole numbers is bytes or bare numbers: cast before.

        Sums of exact numbers are as wide as they get.
        """
        match kind:
            case FieldType.TEXT:
                return self.text(column)
            case FieldType.DECIMAL if not isinstance(column.type, Double) and not isinstance(column, functions.sum):
                # Whole numbers of 256 bits have no place in 128.
                factor = _WIDE_NUMBER if scale == 0 else _NUMBER
                return func.multiply(column, factor, type_=Numeric())
            case FieldType.BOOLEAN:
                return cast(column, Boolean)
            case FieldType.DATETIME:
                return cast(column, DateTime)
            case _:
                return column


def _is_aggregated(number: ColumnElement[Any]) -> bool:
    return any(
        isinstance(part, Quantile) or (isinstance(part, functions.FunctionElement) and part.name in _AGGREGATES)
        for part in visitors.iterate(number)
    )


def _local(column: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    """The wall clock of a place, by the offsets that windows are resolved with: the server may know other ones."""
    if how.timezone is None or how.timezone == "UTC":
        # UTC too is said: a column may have a zone of its own.
        return func.toDateTime64(column, literal_column("6"), constant("UTC"))
    return LocalTime(column, how.timezone, how.between)


def _span(day: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    """The first day of the span: shifted to where the plain calendar begins, cut, and shifted back."""
    calendar = how.calendar
    match how.grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            back = func.modulo(
                func.plus(func.toDayOfWeek(day), literal_column(str(7 - calendar.week_start))), literal_column("7")
            )
            return func.subtractDays(day, back, type_=Date)
        case Grain.MONTH:
            return func.toStartOfMonth(day, type_=_DATE)
        case Grain.QUARTER:
            return _shifted(func.toStartOfQuarter, day, (calendar.fiscal_year_start - 1) % 3)
        case _:
            return _shifted(func.toStartOfYear, day, calendar.fiscal_year_start - 1)


def _shifted(cut: Any, day: ColumnElement[Any], months: int) -> ColumnElement[Any]:
    if not months:
        return cut(day, type_=Date)  # type: ignore[no-any-return]
    count: ColumnElement[Any] = literal_column(str(months))
    return func.addMonths(cut(func.subtractMonths(day, count)), count, type_=Date)


def _part(local: ColumnElement[Any], how: Bucketing) -> ColumnElement[Any]:
    match how.grain:
        case Grain.ISO_WEEK:
            return func.formatDateTime(local, constant("%G-W%V"), type_=Text)
        case Grain.QUARTER_OF_YEAR:
            months = how.calendar.fiscal_year_start - 1
            moved = func.subtractMonths(func.toDate32(local), literal_column(str(months))) if months else local
            return func.toInt64(func.toQuarter(moved), type_=BigInteger)
    function = {
        Grain.HOUR_OF_DAY: func.toHour,
        Grain.DAY_OF_WEEK: func.toDayOfWeek,
        Grain.DAY_OF_MONTH: func.toDayOfMonth,
        Grain.MONTH_OF_YEAR: func.toMonth,
    }[how.grain]
    return func.toInt64(function(local), type_=BigInteger)
