"""Filters: predicates over fields, nested ALL/ANY/NONE, and the date windows that resolve against a logical time."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Operator(StrEnum):
    """What a condition asks of a field; which types take which is decided in `core.query`."""

    IS = "is"  #: equal; a list of values means any of them
    IS_NOT = "is_not"  #: not equal; nulls count as different
    CONTAINS = "contains"  #: text, case-insensitive
    NOT_CONTAINS = "not_contains"  #: text, case-insensitive
    STARTS_WITH = "starts_with"  #: text, case-insensitive
    ENDS_WITH = "ends_with"  #: text, case-insensitive
    NOT_STARTS_WITH = "not_starts_with"  #: the opposite of STARTS_WITH; nulls count as different
    NOT_ENDS_WITH = "not_ends_with"  #: the opposite of ENDS_WITH; nulls count as different
    GREATER = "greater"  #: number or date, exclusive
    AT_LEAST = "at_least"  #: number or date, inclusive
    LESS = "less"  #: number or date, exclusive
    AT_MOST = "at_most"  #: number or date, inclusive
    BETWEEN = "between"  #: two values, both inclusive; dates by whole days
    NOT_BETWEEN = "not_between"  #: the opposite of BETWEEN; nulls count as outside
    IN_WINDOW = "in_window"  #: a date inside a `DateWindow`
    NOT_IN_WINDOW = "not_in_window"  #: the opposite of IN_WINDOW; nulls count as outside
    IS_EMPTY = "is_empty"  #: null, or for text the empty string
    IS_NOT_EMPTY = "is_not_empty"  #: the opposite of IS_EMPTY


class Match(StrEnum):
    """How the items of a group combine."""

    ALL = "all"  #: every item holds
    ANY = "any"  #: at least one item holds
    NONE = "none"  #: no item holds


class DateUnit(StrEnum):
    """The unit of a window. Where weeks and years begin is the definition's `Calendar`."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Grain(StrEnum):
    """What a date is grouped by: spans, whose value is their first day, and parts, which come again."""

    DAY = "day"
    WEEK = "week"  #: from the calendar's first weekday
    MONTH = "month"
    QUARTER = "quarter"  #: of the calendar's year
    YEAR = "year"  #: from the calendar's first month
    ISO_WEEK = "iso_week"  #: the text 2026-W48, whatever the calendar says
    HOUR_OF_DAY = "hour_of_day"  #: 0 to 23, instants only
    DAY_OF_WEEK = "day_of_week"  #: 1 (Monday) to 7
    DAY_OF_MONTH = "day_of_month"  #: 1 to 31
    MONTH_OF_YEAR = "month_of_year"  #: 1 (January) to 12
    QUARTER_OF_YEAR = "quarter_of_year"  #: 1 to 4, of the calendar's year

    @property
    def unit(self) -> DateUnit | None:
        """The unit of a span; None for parts and for ISO_WEEK, whose values are no dates."""
        return next((unit for unit in DateUnit if unit.value == self.value), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Where weeks and years begin, in windows and grains alike."""

    week_start: int = 1  #: 1 (Monday) to 7 (Sunday)
    fiscal_year_start: int = 1  #: month a year begins with; a fiscal year bears the number of the year it ends in


class WindowKind(StrEnum):
    """How a window lies relative to the logical time."""

    LAST = "last"  #: the n units before the current one; with `include_current`, the current one and n-1 before
    THIS = "this"  #: the whole current unit
    TO_DATE = "to_date"  #: the current unit up to and including the logical day
    NEXT = "next"  #: the n units after the current one; with `include_current`, the current one and n-1 after
    BETWEEN = "between"  #: fixed days, both inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWindow:
    """A span of whole days, relative to the run's logical time or fixed."""

    kind: WindowKind
    n: int = 1
    unit: DateUnit = DateUnit.DAY
    include_current: bool = False
    offset: int = 0  #: moves the logical day by this many `offset_unit` first: -1 year is the same span last year
    offset_unit: DateUnit = DateUnit.YEAR
    first_on: date | None = None  #: BETWEEN only
    last_on: date | None = None  #: BETWEEN only


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedWindow:
    """A window with its days known: `first_on` and `last_on` both inside; instants are midnights in `timezone`."""

    first_on: date
    last_on: date
    starts_at: datetime  #: aware, first instant inside
    ends_at: datetime  #: aware, first instant after
    timezone: str


Scalar = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One predicate: a field, an operator, and the operand that operator takes."""

    field: str
    operator: Operator
    values: tuple[Scalar, ...] = ()
    window: DateWindow | None = None
    ignore_case: bool | None = None  #: None: IS, IS_NOT and order heed case, the other text operators do not
    parameter: str | None = None  #: takes `values` or `window` from this parameter of the definition
    is_off: bool = False  #: kept, but not applied: the definition answers as if it were not there


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterGroup:
    """Conditions and groups that combine by `match`; an empty group holds for every row."""

    match: Match = Match.ALL
    items: "tuple[Condition | FilterGroup, ...]" = ()
    is_off: bool = False  #: not applied, with all that is in it; never the outermost group


Item = Condition | FilterGroup
