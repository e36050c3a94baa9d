"""Which day a slot really falls on: days off are skipped or moved away from, quiet days left out; no times of day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from core.domain.calendar import BusinessCalendar, DatedCalendar
from core.domain.moments import weekday_words
from core.domain.schedule import BusinessDays, ScheduleConfig
from core.schedules.countries import CountryCalendar
from core.schedules.cron import CronLine
from core.schedules.days import matching_days
from core.schedules.phrases import join_words

#: A slot without a business day so near to it does not happen.
FURTHEST_MOVE = timedelta(days=366)
_DAY = timedelta(days=1)
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day with slots. `moved_from`: days that the recurrence names whose slots were moved here."""

    on: date
    is_named: bool = True  #: the recurrence names this day itself
    moved_from: tuple[date, ...] = ()


def calendar_for(config: ScheduleConfig, given: BusinessCalendar | None) -> BusinessCalendar:
    """The calendar that decides: `given`, else the country's, else Monday to Friday.

    An organization's calendar has to be given; guessing another would be silently wrong.
    """
    if given is not None:
        return given
    if config.calendar is None:
        return DatedCalendar()
    if config.calendar_id is None:
        return CountryCalendar(code=config.calendar)
    if config.asks_calendar:
        raise ValueError("a schedule that follows an organization's calendar needs that calendar")
    return DatedCalendar()


def due_days(
    config: ScheduleConfig, line: CronLine | None, calendar: BusinessCalendar, first_on: date
) -> Iterator[DueDay]:
    """The days on which there are slots, in order: those from `first_on` on, and perhaps one a little before it."""
    quiet = frozenset(config.quiet_dates)
    # Moving keeps the order of the days, so that those which meet stand side by side.
    for on, named in groupby(_moved_days(config, line, calendar, first_on), key=lambda pair: pair[1]):
        days = [day for day, _ in named]
        if on is not None and on not in quiet:
            yield DueDay(on=on, is_named=on in days, moved_from=tuple(day for day in days if day != on))


def moved_words(due: DueDay, calendar: BusinessCalendar) -> str | None:
    """What was moved to a day: "moved from Sat 4 Jul 2026 (Independence Day)"; None where nothing was."""
    if not due.moved_from:
        return None
    lead = "also stands for" if due.is_named else "moved from"
    first, last = due.moved_from[0], due.moved_from[-1]
    if len(due.moved_from) > _MOST_NAMED:
        return f"{lead} {len(due.moved_from)} days from {weekday_words(first)} to {weekday_words(last)}"
    return f"{lead} {join_words([_named(day, calendar) for day in due.moved_from])}"


def _moved_days(
    config: ScheduleConfig, line: CronLine | None, calendar: BusinessCalendar, first_on: date
) -> Iterator[tuple[date, date | None]]:
    """Days that the recurrence names with the day each is moved to; None: its slots do not happen."""
    rule = config.business_days
    if rule is BusinessDays.NEXT:
        # What lies after the business day before `first_on` can move to `first_on` or past it, nothing earlier can.
        before = _nearest(calendar, first_on - _DAY, -_DAY)
        first_on = first_on if before is None else before + _DAY
    for day in matching_days(config, line, first_on, calendar):
        if rule is BusinessDays.ANY or calendar.is_business(day):
            yield day, day
        elif rule is not BusinessDays.SKIP:
            yield day, _nearest(calendar, day, _DAY if rule is BusinessDays.NEXT else -_DAY)


def _nearest(calendar: BusinessCalendar, day: date, step: timedelta) -> date | None:
    """The first business day from `day` on in steps; None where there is none in reach."""
    for n in range(FURTHEST_MOVE.days + 1):
        if calendar.is_business(day + n * step):
            return day + n * step
    return None


def _named(day: date, calendar: BusinessCalendar) -> str:
    """A day off with its name."""
    name = calendar.name_of(day)
    return f"{weekday_words(day)} ({name})" if name else weekday_words(day)
