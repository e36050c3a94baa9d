"""An independent account of when a recurrence fires: it looks at the wall clock at every real minute.

It shares no code with `core.schedules`: days are matched by predicates and moved by walking, cron lines have their own
tiny reader, days off come straight from where they are kept; gaps and repeated hours are seen as jumps between
neighbouring minutes. NumPy only makes the walk over the minutes fast.
"""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

from core.domain.schedule import BusinessDays, Cadence, MonthDay, ScheduleConfig

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
#: A day off is moved no further than this by any calendar that is asked here.
REACH = 40
_NAMES = {n: i for i, n in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])} | {
    n: i + 1 for i, n in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
#: Organization calendars by id: working week and days off.
OWN_CALENDARS: dict[str, tuple[frozenset[int], frozenset[date]]] = {}


class Minutes:
    """Every real minute of [start, end) with what the wall clock shows, as minutes since 1970."""

    def __init__(self, zone: ZoneInfo, start: datetime, end: datetime) -> None:
        self.first = start
        count = int((end - start) / MINUTE)
        walls = ((start + n * MINUTE).astimezone(zone).replace(tzinfo=None) for n in range(count))
        self.wall = np.fromiter(((wall - EPOCH) // MINUTE for wall in walls), dtype=np.int64, count=count)
        self.lowest = int(self.wall.min())
        shown = np.arange(self.lowest, int(self.wall.max()) + 1)
        self.minute_of_day = shown % 1440
        self.day = shown // 1440

    @property
    def last(self) -> datetime:
        return self.first + (len(self.wall) - 1) * MINUTE


def fires(config: ScheduleConfig, minutes: Minutes) -> list[datetime]:
    """The instants among `minutes` at which `config` fires."""
    hits = fire_positions(config, minutes)
    return [minutes.first + int(n) * MINUTE for n in hits]


def fire_positions(config: ScheduleConfig, minutes: Minutes) -> np.ndarray:
    """The same as positions of minutes."""
    first_day, last_day = int(minutes.day[0]), int(minutes.day[-1])
    has_slots = np.array([_has_slots(_timeless(config), number) for number in range(first_day, last_day + 1)])
    due = _times_of_day(_timeless(config))[minutes.minute_of_day] & has_slots[minutes.day - first_day]
    if config.cadence is Cadence.CRON and config.cron_expression.split()[1].startswith("*"):
        hit = due[minutes.wall - minutes.lowest]  # by elapsed time: whenever the clock shows it
    else:
        # Shown for the first time: one wall minute on an ordinary minute, many across a gap, none in a repeated hour.
        newest = np.maximum.accumulate(minutes.wall) - minutes.lowest
        counted = np.concatenate([[0], np.cumsum(due)])
        before = np.concatenate([[newest[0] - 1], newest[:-1]])
        hit = counted[newest + 1] > counted[before + 1]
    quiet = [(day - EPOCH.date()).days for day in config.quiet_dates]
    return np.flatnonzero(hit & ~np.isin(minutes.wall // 1440, quiet))


@cache
def _timeless(config: ScheduleConfig) -> ScheduleConfig:
    """The same recurrence in any zone, so that what does not depend on the zone is worked out once."""
    return replace(config, timezone="UTC")


@cache
def _times_of_day(config: ScheduleConfig) -> np.ndarray:
    """For each minute of a day whether it is a time of the recurrence."""
    times = _times(config)
    return np.array([(minute // 60, minute % 60) in times for minute in range(1440)])


@cache
def _has_slots(config: ScheduleConfig, number: int) -> bool:
    """Whether the day `number` days after 1970 has slots, days off and quiet days considered."""
    day = EPOCH.date() + timedelta(days=number)
    if day in config.quiet_dates:
        return False
    rule = config.business_days
    if rule is BusinessDays.ANY:
        return _due_on(config, day)
    if not _works(config.calendar, day):
        return False
    if rule is BusinessDays.SKIP:
        return _due_on(config, day)
    step = timedelta(days=-1 if rule is BusinessDays.NEXT else 1)
    if _due_on(config, day):
        return True
    # Slots of the days off between this business day and the one before it (after it, where they move back).
    for n in range(1, REACH):
        other = day + n * step
        if _works(config.calendar, other):
            return False
        if _due_on(config, other):
            return True
    raise AssertionError("a calendar with so many days off in a row is not asked here")


@cache
def _works(calendar: str | None, day: date) -> bool:
    """Whether people work on a day."""
    if calendar is None:
        return day.isoweekday() < 6
    if calendar in OWN_CALENDARS:
        week, days_off = OWN_CALENDARS[calendar]
        return day.isoweekday() in week and day not in days_off
    return bool(_country(calendar).is_working_day(day))


@cache
def _country(code: str) -> holidays.HolidayBase:
    return holidays.country_holidays(code[:2], subdiv=code[3:] or None)


def _times(config: ScheduleConfig) -> set[tuple[int, int]]:
    if config.cadence is not Cadence.CRON:
        return {(t.hour, t.minute) for t in config.times}
    minute, hour = config.cron_expression.lower().split()[:2]
    return {(h, m) for h in range(24) for m in range(60) if _holds(hour, h, 0, 23) and _holds(minute, m, 0, 59)}


def _due_on(config: ScheduleConfig, day: date) -> bool:
    if (config.starts_on and day < config.starts_on) or (config.ends_on and day > config.ends_on):
        return False
    anchor = config.starts_on or date(1970, 1, 1)
    last = monthrange(day.year, day.month)[1]
    match config.cadence:
        case Cadence.DAILY:
            return (day - anchor).days % config.interval == 0
        case Cadence.WEEKLY:
            weeks = (day.toordinal() - 1) // 7 - (anchor.toordinal() - 1) // 7  # day 1 of the calendar was a Monday
            return day.isoweekday() in config.days_of_week and weeks % config.interval == 0
        case Cadence.MONTHLY:
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            return months % config.interval == 0 and _due_in_month(config, day, last)
    _minute, _hour, dom, month, dow = config.cron_expression.lower().split()
    by_day, weekday = _holds(dom, day.day, 1, 31), day.isoweekday() % 7
    by_weekday = _holds(dow, weekday, 0, 7) or (weekday == 0 and not dow.startswith("*") and _holds(dow, 7, 0, 7))
    both = by_day and by_weekday if "*" in (dom[0], dow[0]) else by_day or by_weekday
    return _holds(month, day.month, 1, 12) and both


def _due_in_month(config: ScheduleConfig, day: date, last: int) -> bool:
    if config.nth_weekday:
        same = [
            d for d in range(1, last + 1) if date(day.year, day.month, d).isoweekday() == config.nth_weekday.weekday
        ]
        n = config.nth_weekday.n
        return day.day == same[-1] if n == -1 else len(same) >= n and day.day == same[n - 1]
    if config.day_of_month is MonthDay.LAST:
        return day.day == last
    if config.day_of_month is MonthDay.LAST_BUSINESS:
        working = [d for d in range(1, last + 1) if _works(config.calendar, date(day.year, day.month, d))]
        return day.day == working[-1]
    return day.day == config.day_of_month or (day.day == last and config.day_of_month > last)


def _holds(field: str, value: int, low: int, high: int) -> bool:
    for entry in field.split(","):
        span, _, step = entry.partition("/")
        if span == "*":
            first, final = low, high
        else:
            ends = [_NAMES[part] if part in _NAMES else int(part) for part in span.split("-")]
            first, final = ends[0], ends[-1]
        if first <= value <= final and (value - first) % int(step or 1) == 0:
            return True
    return False


def offset_changes(zone: ZoneInfo, first_year: int, last_year: int) -> list[datetime]:
    """The first minute after each change of the offset, found by looking every six hours."""
    changes = []
    at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    before = at.astimezone(zone).utcoffset()
    while at < end:
        following = at + timedelta(hours=6)
        if following.astimezone(zone).utcoffset() != before:
            while at.astimezone(zone).utcoffset() == before:
                at += MINUTE
            changes.append(at)
            before = at.astimezone(zone).utcoffset()
        else:
            at = following
    return changes
