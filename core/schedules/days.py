"""The days on which a recurrence falls; times of day and zones are not its matter."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from core.domain.calendar import BusinessCalendar
from core.domain.schedule import Cadence, MonthDay, NthWeekday, ScheduleConfig
from core.schedules.cron import CronLine

#: No slot is given after this day.
HORIZON_ON = date(2100, 12, 31)
#: Intervals count from here where a schedule has no start.
EPOCH_ON = date(1970, 1, 1)


def matching_days(
    config: ScheduleConfig, line: CronLine | None, first_on: date, calendar: BusinessCalendar
) -> Iterator[date]:
    """Days from `first_on` on, in order, that the recurrence names, inside its start, its end and the horizon.

    `calendar` says what the last business day of a month is; moving days is not this module's matter.
    """
    first_on = max(first_on, config.starts_on) if config.starts_on else first_on
    last_on = min(config.ends_on, HORIZON_ON) if config.ends_on else HORIZON_ON
    for day in _unbounded_days(config, line, first_on, calendar):
        if day > last_on:
            return
        if day >= first_on:
            yield day


def _unbounded_days(
    config: ScheduleConfig, line: CronLine | None, first_on: date, calendar: BusinessCalendar
) -> Iterator[date]:
    """Days of the recurrence from the period of `first_on` on; may begin a little before it."""
    anchor_on = config.starts_on or EPOCH_ON
    if line is not None:
        return _cron_days(line, first_on)
    if config.cadence is Cadence.WEEKLY:
        return _weekly_days(config, anchor_on, first_on)
    if config.cadence is Cadence.MONTHLY:
        return _monthly_days(config, anchor_on, first_on, calendar)
    return _every_nth_day(anchor_on, first_on, config.interval)


def _every_nth_day(anchor_on: date, first_on: date, interval: int) -> Iterator[date]:
    """Every n-th day counted from `anchor_on`, at or after `first_on`."""
    day = first_on + timedelta(days=(anchor_on - first_on).days % interval)
    while day <= HORIZON_ON:
        yield day
        day += timedelta(days=interval)


def _weekly_days(config: ScheduleConfig, anchor_on: date, first_on: date) -> Iterator[date]:
    """Chosen weekdays of every n-th ISO week, counted from the week of `anchor_on`."""
    first_monday = first_on - timedelta(days=first_on.weekday())
    anchor_monday = anchor_on - timedelta(days=anchor_on.weekday())
    for monday in _every_nth_day(anchor_monday, first_monday, 7 * config.interval):
        for weekday in sorted(set(config.days_of_week)):
            yield monday + timedelta(days=weekday - 1)


def _monthly_days(
    config: ScheduleConfig, anchor_on: date, first_on: date, calendar: BusinessCalendar
) -> Iterator[date]:
    """The chosen day of every n-th month, counted from the month of `anchor_on`."""
    anchor = anchor_on.year * 12 + anchor_on.month - 1
    month = first_on.year * 12 + first_on.month - 1
    month += (anchor - month) % config.interval
    while month // 12 <= HORIZON_ON.year:
        day = _day_of_month(config, month // 12, month % 12 + 1, calendar)
        if day is not None:
            yield day
        month += config.interval


def _day_of_month(config: ScheduleConfig, year: int, month: int, calendar: BusinessCalendar) -> date | None:
    """The chosen day of one month; None where the month lacks it."""
    last = monthrange(year, month)[1]
    if config.nth_weekday is not None:
        return _nth_weekday(config.nth_weekday, year, month, last)
    if isinstance(config.day_of_month, int):
        return date(year, month, min(config.day_of_month, last))
    if config.day_of_month is MonthDay.LAST_BUSINESS:
        from_last = (date(year, month, day) for day in range(last, 0, -1))
        return next((day for day in from_last if calendar.is_business(day)), None)
    return date(year, month, last)


def _nth_weekday(nth: NthWeekday, year: int, month: int, last: int) -> date | None:
    """The n-th weekday of one month, or None where there is no fifth."""
    if nth.n == -1:
        day = date(year, month, last)
        return day - timedelta(days=(day.isoweekday() - nth.weekday) % 7)
    number = 1 + (nth.weekday - date(year, month, 1).isoweekday()) % 7 + 7 * (nth.n - 1)
    return date(year, month, number) if number <= last else None


def _cron_days(line: CronLine, first_on: date) -> Iterator[date]:
    """The days a cron line matches."""
    for year in range(first_on.year, HORIZON_ON.year + 1):
        for month in sorted(line.months):
            if (year, month) < (first_on.year, first_on.month):
                continue
            first_weekday, length = monthrange(year, month)
            for day in range(1, length + 1):
                if line.matches_day(day, (first_weekday + day) % 7):
                    yield date(year, month, day)
