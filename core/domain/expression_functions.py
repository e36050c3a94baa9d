"""The functions of the expression language: what each takes and gives, and how it is explained to people."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from core.domain.field import FieldType


class Takes(StrEnum):
    """What an argument may be; the value is how a refusal calls it."""

    ANY = "a value"
    COMMON = "a value of the same type as the others"
    NUMBER = "a number"
    WHOLE = "a whole number"
    TEXT = "a text"
    CONDITION = "a condition, true or false"
    DATE = "a date"
    INSTANT = "a date with its time"
    ORDERED = "a number, text or date"
    DAY = "a date, or a day written out as '2026-11-23'"
    LITERAL = "a text written out in single quotes"
    DIGITS = "a whole number from 0 to 15, written out"
    PERCENT = "a number from 0 to 100, written out"
    UNIT = "'day', 'week', 'month', 'quarter' or 'year'"


#: Arguments whose common type a function without a type of its own gives.
_SHAPING = frozenset({Takes.COMMON, Takes.NUMBER, Takes.ORDERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function. Its arguments are `takes`, of which the last may be left out or come again."""

    name: str
    signature: str
    explanation: str
    takes: tuple[Takes, ...]
    gives: FieldType | None = None  #: None: the common type of the arguments that shape it
    optional: int = 0  #: how many at the end may be left out
    repeats: bool = False  #: the last may come any number of times
    is_aggregate: bool = False

    def expects(self, count: int) -> tuple[Takes, ...] | None:
        """What each of `count` arguments has to be; None where it does not take so many."""
        if self.name == "case":
            pairs, rest = divmod(count, 2)
            return (Takes.CONDITION, Takes.COMMON) * pairs + (Takes.COMMON,) if pairs and rest else None
        least, most = len(self.takes) - self.optional, len(self.takes)
        if count < least or (count > most and not self.repeats):
            return None
        return self.takes[:count] + self.takes[-1:] * (count - most)


def shapes(takes: Takes) -> bool:
    """Whether an argument's type decides what a function without a type of its own gives."""
    return takes in _SHAPING


_TEXT, _WHOLE, _DECIMAL, _FLAG, _DATE = (
    FieldType.TEXT,
    FieldType.INTEGER,
    FieldType.DECIMAL,
    FieldType.BOOLEAN,
    FieldType.DATE,
)


def _function(
    signature: str,
    explanation: str,
    *takes: Takes,
    gives: FieldType | None = None,
    optional: int = 0,
    repeats: bool = False,
) -> Function:
    return Function(
        name=signature.partition("(")[0],
        signature=signature,
        explanation=explanation,
        takes=takes,
        gives=gives,
        optional=optional,
        repeats=repeats,
    )


def _aggregate(signature: str, explanation: str, *takes: Takes, gives: FieldType | None = None) -> Function:
    return Function(
        name=signature.partition("(")[0],
        signature=signature,
        explanation=explanation,
        takes=takes,
        gives=gives,
        is_aggregate=True,
    )


_ALL = (
    _function("if(c, a, b)", "a where c is true, otherwise b", Takes.CONDITION, Takes.COMMON, Takes.COMMON),
    _function("case(c1, a1, …, b)", "the a behind the first c that is true, otherwise b", Takes.CONDITION),
    _function("coalesce(a, b, …)", "the first that is not empty", Takes.COMMON, Takes.COMMON, repeats=True),
    _function("round(x, n)", "rounded to n digits after the point", Takes.NUMBER, Takes.DIGITS, optional=1),
    _function("abs(x)", "x without its sign", Takes.NUMBER),
    _function("floor(x)", "the whole number at or below x", Takes.NUMBER, gives=_WHOLE),
    _function("ceil(x)", "the whole number at or above x", Takes.NUMBER, gives=_WHOLE),
    _function("least(a, b, …)", "the smallest; empty ones do not count", Takes.ORDERED, Takes.ORDERED, repeats=True),
    _function("greatest(a, b, …)", "the largest; empty ones do not count", Takes.ORDERED, Takes.ORDERED, repeats=True),
    _function("lower(t)", "in small letters", Takes.TEXT, gives=_TEXT),
    _function("upper(t)", "in capital letters", Takes.TEXT, gives=_TEXT),
    _function("trim(t)", "without spaces at both ends", Takes.TEXT, gives=_TEXT),
    _function("length(t)", "how many characters it has", Takes.TEXT, gives=_WHOLE),
    _function("left(t, n)", "its first n characters", Takes.TEXT, Takes.WHOLE, gives=_TEXT),
    _function("right(t, n)", "its last n characters", Takes.TEXT, Takes.WHOLE, gives=_TEXT),
    _function("replace(t, a, b)", "with b wherever a stands", Takes.TEXT, Takes.TEXT, Takes.TEXT, gives=_TEXT),
    _function("concat(a, b, …)", "one text after the other", Takes.ANY, gives=_TEXT, repeats=True),
    _function("contains(t, 'x')", "whether x is in it", Takes.TEXT, Takes.LITERAL, gives=_FLAG),
    _function("starts_with(t, 'x')", "whether it begins with x", Takes.TEXT, Takes.LITERAL, gives=_FLAG),
    _function("ends_with(t, 'x')", "whether it ends with x", Takes.TEXT, Takes.LITERAL, gives=_FLAG),
    _function("year(d)", "the year", Takes.DATE, gives=_WHOLE),
    _function("quarter(d)", "the quarter, 1 to 4", Takes.DATE, gives=_WHOLE),
    _function("month(d)", "the month, 1 to 12", Takes.DATE, gives=_WHOLE),
    _function("day(d)", "the day of the month", Takes.DATE, gives=_WHOLE),
    _function("weekday(d)", "the day of the week, 1 for Monday to 7", Takes.DATE, gives=_WHOLE),
    _function("hour(d)", "the hour, 0 to 23", Takes.INSTANT, gives=_WHOLE),
    _function("date(d)", "the day of a date with time, or the day written out", Takes.DAY, gives=_DATE),
    _function("days_between(a, b)", "days from a to b", Takes.DATE, Takes.DATE, gives=_WHOLE),
    _function("add_days(d, n)", "the day n days later", Takes.DATE, Takes.WHOLE, gives=_DATE),
    _function("add_months(d, n)", "the day n months later", Takes.DATE, Takes.WHOLE, gives=_DATE),
    _function("start_of('month', d)", "the first day of its month", Takes.UNIT, Takes.DATE, gives=_DATE),
    _aggregate("count()", "how many rows", gives=_WHOLE),
    _aggregate("count_distinct(x)", "how many different values", Takes.ANY, gives=_WHOLE),
    _aggregate("sum(x)", "the sum", Takes.NUMBER),
    _aggregate("average(x)", "the average", Takes.NUMBER, gives=_DECIMAL),
    _aggregate("min(x)", "the smallest or earliest", Takes.ORDERED),
    _aggregate("max(x)", "the largest or latest", Takes.ORDERED),
    _aggregate("median(x)", "the value in the middle", Takes.NUMBER, gives=_DECIMAL),
    _aggregate("percentile(x, 90)", "the value that 90% do not exceed", Takes.NUMBER, Takes.PERCENT, gives=_DECIMAL),
)

#: Every function by its name, in the order in which they are offered.
FUNCTIONS = MappingProxyType({function.name: function for function in _ALL})
