"""A slow, independent account of when a recurrence fires: it walks over real minutes and looks at the wall clock.

It shares no code with `core.schedules`: days are matched by predicates, cron lines by their own tiny reader; gaps and
repeated hours are seen as jumps between neighbouring minutes.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.schedule import Cadence, MonthDay, ScheduleConfig

MINUTE = timedelta(minutes=1)
_NAMES = {n: i for i, n in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])} | {
    n: i + 1 for i, n in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}


def local_minutes(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Every real minute of [start, end) with what the wall clock shows."""
    minutes = []
    at = start
    while at < end:
        minutes.append((at, at.astimezone(zone).replace(tzinfo=None, fold=0)))
        at += MINUTE
    return minutes


def fires(config: ScheduleConfig, minutes: list[tuple[datetime, datetime]]) -> list[datetime]:
    """The instants among `minutes` at which `config` fires."""
    times = _times(config)
    days: dict[date, bool] = {}

    def due(wall: datetime) -> bool:
        if (wall.hour, wall.minute) not in times:
            return False
        day = wall.date()
        if day not in days:
            days[day] = _due_on(config, day)
        return days[day]

    by_elapsed_time = config.cadence is Cadence.CRON and config.cron_expression.split()[1].startswith("*")
    if by_elapsed_time:
        return [at for at, wall in minutes if due(wall)]
    fired: list[datetime] = []
    newest = minutes[0][1] - MINUTE
    for at, wall in minutes:
        shown = newest + MINUTE
        hit = False
        while shown <= wall:  # one step on an ordinary minute, many across a gap, none in a repeated hour
            hit = due(shown) or hit
            shown += MINUTE
        newest = max(newest, wall)
        if hit:
            fired.append(at)
    return fired


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
        working = [d for d in range(1, last + 1) if date(day.year, day.month, d).isoweekday() < 6]
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
    """The first minute after each change of the offset, found by looking at every quarter of an hour."""
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
