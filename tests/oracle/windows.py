"""Spans of days: which ones a window means, what they are compared with, and when days begin."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.domain.definition import Comparison
from core.domain.filter import Calendar, DateUnit, DateWindow, WindowKind

Days = tuple[date, date]  #: first and last, both inside
_ONE = timedelta(days=1)
_MONTHS = {DateUnit.MONTH: 1, DateUnit.QUARTER: 3, DateUnit.YEAR: 12}


def later(day: date, unit: DateUnit, count: int) -> date:
    """The day `count` units later; a month that is too short gives its last day."""
    if unit is DateUnit.DAY:
        return day + timedelta(days=count)
    if unit is DateUnit.WEEK:
        return day + timedelta(weeks=count)
    year, month = divmod(day.year * 12 + day.month - 1 + count * _MONTHS[unit], 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def begin(day: date, unit: DateUnit, calendar: Calendar) -> date:
    """The first day of the unit around `day`, found by walking back."""
    if unit is DateUnit.DAY:
        return day
    if unit is DateUnit.WEEK:
        while day.isoweekday() != calendar.week_start:
            day -= _ONE
        return day
    day = day.replace(day=1)
    while (day.month - calendar.fiscal_year_start) % 12 % _MONTHS[unit] and unit is not DateUnit.MONTH:
        day = later(day, DateUnit.MONTH, -1)
    return day


def days_of(window: DateWindow, today: date, calendar: Calendar) -> Days:
    """The days of a window."""
    today = later(today, window.offset_unit, window.offset)
    start = begin(today, window.unit, calendar)
    match window.kind:
        case WindowKind.BETWEEN:
            assert window.first_on is not None
            assert window.last_on is not None
            return window.first_on, window.last_on
        case WindowKind.THIS:
            return start, later(start, window.unit, 1) - _ONE
        case WindowKind.TO_DATE:
            return start, today
        case WindowKind.LAST:
            end = later(start, window.unit, 1 if window.include_current else 0)
            return later(end, window.unit, -window.n), end - _ONE
        case WindowKind.NEXT:
            first = later(start, window.unit, 0 if window.include_current else 1)
            return first, later(first, window.unit, window.n) - _ONE


def shift_of(days: Days, window: DateWindow, against: Comparison) -> tuple[DateUnit, int]:
    """How far the span compared with lies back."""
    if against is Comparison.PREVIOUS_YEAR:
        is_weeks = window.unit is DateUnit.WEEK and window.kind is not WindowKind.BETWEEN
        return (DateUnit.WEEK, 52) if is_weeks else (DateUnit.YEAR, 1)
    if window.kind is WindowKind.BETWEEN:
        return DateUnit.DAY, (days[1] - days[0]).days + 1
    is_one = window.kind in (WindowKind.THIS, WindowKind.TO_DATE)
    return window.unit, 1 if is_one else window.n


def compared(days: Days, window: DateWindow, against: Comparison) -> Days:
    """The span that `days` compare with."""
    unit, count = shift_of(days, window, against)
    first = later(days[0], unit, -count)
    is_whole_units = window.kind in (WindowKind.THIS, WindowKind.LAST, WindowKind.NEXT) and window.unit in _MONTHS
    if is_whole_units:
        return first, later(days[1] + _ONE, unit, -count) - _ONE
    last = later(days[1], unit, -count)
    if against is Comparison.PREVIOUS_PERIOD:
        last = min(last, days[0] - _ONE)
    return first, last


@lru_cache(maxsize=4096)
def begins_at(day: date, zone: ZoneInfo) -> datetime:
    """The first instant whose wall clock shows `day` or a later one: midnight, unless the clock jumps over it."""
    before = datetime.combine(day, time(), UTC) - timedelta(hours=36)
    after = before + timedelta(hours=72)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > before else middle
        if middle.astimezone(zone).date() >= day:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
