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
    GREATER = "greater"  #: number or date, exclusive
    AT_LEAST = "at_least"  #: number or date, inclusive
    LESS = "less"  #: number or date, exclusive
    AT_MOST = "at_most"  #: number or date, inclusive
    BETWEEN = "between"  #: two values, both inclusive; dates by whole days
    IN_WINDOW = "in_window"  #: a date inside a `DateWindow`
    IS_EMPTY = "is_empty"  #: null, or for text the empty string
    IS_NOT_EMPTY = "is_not_empty"  #: the opposite of IS_EMPTY


class Match(StrEnum):
    """How the items of a group combine."""

    ALL = "all"  #: every item holds
    ANY = "any"  #: at least one item holds
    NONE = "none"  #: no item holds


class DateUnit(StrEnum):
    """The unit of a window or a grain. Weeks start on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class WindowKind(StrEnum):
    """How a window lies relative to the logical time."""

    LAST = "last"  #: the n units before the current one; with `include_current`, the current one and n-1 before
    THIS = "this"  #: the whole current unit
    TO_DATE = "to_date"  #: the current unit up to and including the logical day
    NEXT = "next"  #: the n units after the current one
    BETWEEN = "between"  #: fixed days, both inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWindow:
    """A span of whole days, relative to the run's logical time or fixed."""

    kind: WindowKind
    n: int = 1
    unit: DateUnit = DateUnit.DAY
    include_current: bool = False
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterGroup:
    """Conditions and groups that combine by `match`; an empty group holds for every row."""

    match: Match = Match.ALL
    items: "tuple[Condition | FilterGroup, ...]" = ()
