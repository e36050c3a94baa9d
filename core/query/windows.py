"""Resolves date windows in the report's timezone to days and instants; reads no clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.domain.filter import DateUnit, DateWindow, ResolvedWindow, WindowKind
from core.errors import InvalidDefinition

_MONTHS = {DateUnit.MONTH: 1, DateUnit.QUARTER: 3, DateUnit.YEAR: 12}
#: Days this close to the calendar's ends have no instant in some timezone.
_FIRST_DAY = date(1, 1, 3)
_LAST_DAY = date(9999, 12, 28)


def resolve_window(window: DateWindow, logical_at: datetime, timezone: str) -> ResolvedWindow:
    """The days and instants of `window` as seen at `logical_at`. Raises InvalidDefinition outside the calendar."""
    today = logical_at.astimezone(ZoneInfo(timezone)).date()
    try:
        first, last = _days(window, today)
    except (OverflowError, ValueError) as error:
        raise _outside() from error
    return resolved_days(first, last, timezone)


def previous_window(resolved: ResolvedWindow, window: DateWindow) -> ResolvedWindow:
    """The same kind of span directly before: 7 days before 7 days, a whole month before a whole month.

    A span to date compares with the unit before up to the same day in it, clipped to that unit's length.
    """
    first, last = resolved.first_on, resolved.last_on
    try:
        match window.kind:
            case WindowKind.BETWEEN:
                days = (last - first).days + 1
                earlier = first - timedelta(days=days), first - timedelta(days=1)
            case WindowKind.TO_DATE:
                start = add_units(first, window.unit, -1)
                earlier = start, min(_same_place(last, first, start, window.unit), first - timedelta(days=1))
            case WindowKind.THIS:
                earlier = add_units(first, window.unit, -1), first - timedelta(days=1)
            case WindowKind.LAST | WindowKind.NEXT:
                earlier = add_units(first, window.unit, -window.n), first - timedelta(days=1)
    except (OverflowError, ValueError) as error:
        raise _outside() from error
    return resolved_days(*earlier, resolved.timezone)


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


def unit_start(day: date, unit: DateUnit) -> date:
    """The first day of the unit that `day` lies in; weeks start on Monday."""
    match unit:
        case DateUnit.DAY:
            return day
        case DateUnit.WEEK:
            return day - timedelta(days=day.weekday())
        case DateUnit.MONTH:
            return day.replace(day=1)
        case DateUnit.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case DateUnit.YEAR:
            return day.replace(month=1, day=1)


def add_units(start: date, unit: DateUnit, count: int) -> date:
    """Move the first day of a unit by `count` units; for days and weeks any day moves."""
    if unit in _MONTHS:
        months = start.year * 12 + start.month - 1 + count * _MONTHS[unit]
        return date(months // 12, months % 12 + 1, start.day)
    return start + timedelta(days=count * (7 if unit is DateUnit.WEEK else 1))


def _days(window: DateWindow, today: date) -> tuple[date, date]:
    start = unit_start(today, window.unit)
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
            after = add_units(start, window.unit, 1)
            return after, add_units(after, window.unit, window.n) - one_day
        case WindowKind.BETWEEN:
            if window.first_on is None or window.last_on is None or window.first_on > window.last_on:
                raise InvalidDefinition("A fixed window needs a first day and a last day that is not before it.")
            return window.first_on, window.last_on


def _same_place(last: date, first: date, start: date, unit: DateUnit) -> date:
    """The day that lies in the unit from `start` where `last` lies in the one from `first`, clipped to month ends."""
    if unit not in _MONTHS:
        return start + (last - first)
    months = (last.year - first.year) * 12 + last.month - first.month
    month = add_units(start, DateUnit.MONTH, months)
    end = add_units(month, DateUnit.MONTH, 1) - timedelta(days=1)
    return month.replace(day=min(last.day, end.day))


def _outside() -> InvalidDefinition:
    return InvalidDefinition("The window reaches outside the calendar (years 1 to 9999). Make it shorter.")
