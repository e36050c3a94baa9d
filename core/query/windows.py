"""Resolves date windows in the report's timezone to days and instants; reads no clock."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.domain.definition import Comparison
from core.domain.filter import Calendar, DateUnit, DateWindow, ResolvedWindow, WindowKind
from core.errors import InvalidDefinition

_MONTHS = {DateUnit.MONTH: 1, DateUnit.QUARTER: 3, DateUnit.YEAR: 12}
_WEEKS_A_YEAR = 52
#: Every month has these.
_SURE_DAYS = 28
#: Days this close to the calendar's ends have no instant in some timezone.
_FIRST_DAY = date(1, 1, 3)
_LAST_DAY = date(9999, 12, 28)


@lru_cache(maxsize=512)
def resolve_window(
    window: DateWindow, logical_at: datetime, timezone: str, calendar: Calendar = Calendar()
) -> ResolvedWindow:
    """The days and instants of `window` as seen at `logical_at`. Raises InvalidDefinition outside the calendar."""
    today = logical_at.astimezone(ZoneInfo(timezone)).date()
    try:
        first, last = _days(window, add_units(today, window.offset_unit, window.offset), calendar)
    except (OverflowError, ValueError) as error:
        raise _outside() from error
    return resolved_days(first, last, timezone)


def previous_window(resolved: ResolvedWindow, window: DateWindow, calendar: Calendar = Calendar()) -> ResolvedWindow:
    """The same kind of span directly before: 7 days before 7 days, a whole month before a whole month.

    A span to date compares with the unit before up to the same day in it, clipped to that unit's length.
    """
    first, last = resolved.first_on, resolved.last_on
    day_before = first - timedelta(days=1)
    try:
        match window.kind:
            case WindowKind.BETWEEN:
                earlier = first - (last - first) - timedelta(days=1), day_before
            case WindowKind.TO_DATE:
                start = unit_start(day_before, window.unit, calendar)
                earlier = start, min(_same_place(last, first, start, window.unit), day_before)
            case WindowKind.THIS:
                earlier = unit_start(day_before, window.unit, calendar), day_before
            case WindowKind.LAST | WindowKind.NEXT:
                earlier = add_units(first, window.unit, -window.n), day_before
    except (OverflowError, ValueError) as error:
        raise _outside() from error
    return resolved_days(*earlier, resolved.timezone)


def compared_window(
    resolved: ResolvedWindow, window: DateWindow, comparison: Comparison, calendar: Calendar = Calendar()
) -> ResolvedWindow:
    """The span that `resolved` compares with: the one directly before, or the same one a year before.

    A year before weeks are the same weekdays 52 weeks before. A 29 February compares with a 28 February.
    """
    if comparison is Comparison.PREVIOUS_PERIOD:
        return previous_window(resolved, window, calendar)
    unit, count = compared_shift(resolved, window, comparison)
    try:
        first = add_units(resolved.first_on, unit, -count)
        if window.kind is WindowKind.BETWEEN or window.kind is WindowKind.TO_DATE or window.unit is DateUnit.DAY:
            last = add_units(resolved.last_on, unit, -count)
        else:  # whole units: to the end of the last of them, which may be a 29 February
            last = add_units(resolved.last_on + timedelta(days=1), unit, -count) - timedelta(days=1)
    except (OverflowError, ValueError) as error:
        raise _outside() from error
    return resolved_days(first, last, resolved.timezone)


def compared_shift(resolved: ResolvedWindow, window: DateWindow, comparison: Comparison) -> tuple[DateUnit, int]:
    """How far a day of the compared span moves to lie at its place in `resolved`: a unit and how many of it."""
    if comparison is Comparison.PREVIOUS_YEAR:
        is_weekly = window.unit is DateUnit.WEEK and window.kind is not WindowKind.BETWEEN
        return (DateUnit.WEEK, _WEEKS_A_YEAR) if is_weekly else (DateUnit.YEAR, 1)
    match window.kind:
        case WindowKind.BETWEEN:
            return DateUnit.DAY, (resolved.last_on - resolved.first_on).days + 1
        case WindowKind.TO_DATE | WindowKind.THIS:
            return window.unit, 1
        case WindowKind.LAST | WindowKind.NEXT:
            return window.unit, window.n


def resolved_days(first: date, last: date, timezone: str) -> ResolvedWindow:
    """A window of the whole days `first` to `last` in `timezone`."""
    if first < _FIRST_DAY or last > _LAST_DAY:
        raise _outside()
    zone = ZoneInfo(timezone)
    return ResolvedWindow(
        first_on=first,
        last_on=last,
        starts_at=day_start(first, zone),
        ends_at=day_start(last + timedelta(days=1), zone),
        timezone=timezone,
    )


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day`, in the zone's own offset.

    Where midnight falls into a gap, the day starts at the gap's end; where it comes twice, at the first.
    """
    midnight = datetime.combine(day, time(), zone)
    instant = midnight.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return midnight
    # PEP 495: inside a gap, fold=0 carries the offset before it and fold=1 the one after it. The gap ends at the
    # instant that carries the old offset to the new one: search it between the two readings.
    earlier, later = midnight.replace(fold=1).astimezone(UTC), instant
    before = earlier.astimezone(zone).utcoffset()
    while later - earlier > timedelta(seconds=1):
        middle = earlier + (later - earlier) / 2
        if middle.astimezone(zone).utcoffset() == before:
            earlier = middle
        else:
            later = middle
    return later.replace(microsecond=0).astimezone(zone)


def unit_start(day: date, unit: DateUnit, calendar: Calendar = Calendar()) -> date:
    """The first day of the unit that `day` lies in."""
    match unit:
        case DateUnit.DAY:
            return day
        case DateUnit.WEEK:
            return day - timedelta(days=(day.isoweekday() - calendar.week_start) % 7)
        case DateUnit.MONTH | DateUnit.QUARTER | DateUnit.YEAR:
            months = (day.month - calendar.fiscal_year_start) % _MONTHS[unit]
            return add_units(day.replace(day=1), DateUnit.MONTH, -months)


def add_units(day: date, unit: DateUnit, count: int) -> date:
    """Move a day by `count` units, clipped to the end of the month it comes to."""
    if unit not in _MONTHS:
        return day + timedelta(days=count * (7 if unit is DateUnit.WEEK else 1))
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    year, month = months // 12, months % 12 + 1
    return date(year, month, day.day if day.day <= _SURE_DAYS else min(day.day, monthrange(year, month)[1]))


def _days(window: DateWindow, today: date, calendar: Calendar) -> tuple[date, date]:
    start = unit_start(today, window.unit, calendar)
    one_day = timedelta(days=1)
    match window.kind:
        case WindowKind.LAST:
            after = add_units(start, window.unit, 1) if window.include_current else start
            return add_units(after, window.unit, -window.n), after - one_day
        case WindowKind.THIS:
            return start, add_units(start, window.unit, 1) - one_day
        case WindowKind.TO_DATE:
            return start, today
        case WindowKind.NEXT:
            first = start if window.include_current else add_units(start, window.unit, 1)
            return first, add_units(first, window.unit, window.n) - one_day
        case WindowKind.BETWEEN:
            if window.first_on is None or window.last_on is None or window.first_on > window.last_on:
                raise InvalidDefinition("A fixed window needs a first day and a last day that is not before it.")
            return window.first_on, window.last_on


def _same_place(last: date, first: date, start: date, unit: DateUnit) -> date:
    """The day that lies in the unit from `start` where `last` lies in the one from `first`, clipped to month ends."""
    if unit not in _MONTHS:
        return start + (last - first)
    return add_units(last, DateUnit.MONTH, (start.year - first.year) * 12 + start.month - first.month)


def _outside() -> InvalidDefinition:
    return InvalidDefinition("The window reaches outside the calendar (years 1 to 9999). Make it shorter.")
