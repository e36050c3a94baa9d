"""The calendar of schedules, in the timezone of whoever looks.

The past is what the ledger of runs says; what is to come is what the recurrences say, from the next planned slot on.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.access.policy import require
from core.db import calendar_repository
from core.db.database import Database
from core.db.schedule_calendar_reading import ComingSchedule, coming_schedules, count_coming, past_slots
from core.domain.access import Permission, Principal
from core.domain.calendar import BusinessCalendar
from core.domain.schedule import FireTime
from core.domain.schedule_calendar import CalendarEntry, CalendarMark, ScheduleCalendar
from core.domain.text import check_text
from core.errors import InvalidInput
from core.schedules.countries import CountryCalendar, region_name
from core.schedules.recurrence import next_fire_times
from core.schedules.wall_clock import WallClock
from core.services.schedules import MAX_SEARCH_LENGTH

MAX_DAYS = 62
MAX_SCHEDULES = 300
#: More slots than this of one schedule, day and state are one entry.
MOST_EACH = 3
_YEARS = range(1970, 2101)
#: Slots asked for at a time: asking for more than there are would look for them up to the year 2100.
_AT_A_TIME = (40, 2000)
_JUST_BEFORE = timedelta(microseconds=1)
Calendars = Mapping[str, tuple[str, BusinessCalendar]]


class ScheduleCalendarService:
    """Reads the calendar."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, principal: Principal, first_on: date, last_on: date, *, search: str = "") -> ScheduleCalendar:
        """Return what ran and will run on these days, of schedules the person sees. Raises InvalidInput.

        `search` looks at the name, what is sent and the owner, as in the list.
        """
        require(principal, Permission.VIEW_REPORTS)
        check_text(search, place="search", max_length=MAX_SEARCH_LENGTH)
        zone = ZoneInfo(principal.timezone)
        midnights = _midnights(first_on, last_on, WallClock(zone))
        with self._database.person(principal) as session:
            coming = coming_schedules(session, search=search, limit=MAX_SCHEDULES)
            number = count_coming(session, search=search, until=midnights[-1])
            calendars = _calendars(session, coming)
            ran = past_slots(session, midnights, search=search, first_on=first_on, most_each=MOST_EACH)
        in_time = [one for one in coming if one.from_at < midnights[-1]]
        planned = (entry for one in in_time for entry in _planned(one, midnights, zone, calendars))
        return ScheduleCalendar(
            first_on=first_on,
            last_on=last_on,
            timezone=principal.timezone,
            entries=tuple(sorted((*ran, *planned), key=lambda entry: (entry.on, entry.at, entry.name))),
            marks=tuple(_marks(coming, calendars, first_on, last_on)),
            schedules_left_out=number - len(in_time),
        )


def _midnights(first_on: date, last_on: date, clock: WallClock) -> tuple[datetime, ...]:
    """The first instant of every day, and that of the day after."""
    if first_on.year not in _YEARS or last_on.year not in _YEARS:
        raise InvalidInput(f"A day lies between the years {_YEARS[0]} and {_YEARS[-1]}.", place="from")
    days = (last_on - first_on).days + 1
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"Ask for 1 to {MAX_DAYS} days, the last one not before the first.", place="to")
    return tuple(clock.first_instant(first_on + timedelta(days=n)) for n in range(days + 1))


def _calendars(session: Session, coming: tuple[ComingSchedule, ...]) -> Calendars:
    """The calendars that schedules name, with what they are called."""
    own = {str(one.id): one for one in calendar_repository.list_calendars(session)}
    found: dict[str, tuple[str, BusinessCalendar]] = {}
    for key in {one.config.calendar for one in coming if one.config.calendar}:
        if key in own:
            found[key] = (own[key].name, own[key].business_calendar())
        elif _is_region(key):
            found[key] = (region_name(key), CountryCalendar(code=key))
    return found


def _is_region(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return True
    return False


def _planned(
    schedule: ComingSchedule, midnights: tuple[datetime, ...], zone: ZoneInfo, calendars: Calendars
) -> Iterator[CalendarEntry]:
    """The slots of a schedule that are to come, by day; many of one day are one entry."""
    after = max(schedule.from_at, midnights[0]) - _JUST_BEFORE
    slots = _slots(schedule, after, midnights[-1], calendars)
    for on, of_day in groupby(slots, key=lambda slot: slot.at.astimezone(zone).date()):
        named = list(of_day)
        parts = [[slot] for slot in named] if len(named) <= MOST_EACH else [named]
        for part in parts:
            yield CalendarEntry(
                on=on,
                at=part[0].at,
                until=part[-1].at,
                count=len(part),
                schedule_id=schedule.id,
                name=schedule.name,
                note=part[0].note if len(part) == 1 else None,
            )


def _slots(schedule: ComingSchedule, after: datetime, until: datetime, calendars: Calendars) -> Iterator[FireTime]:
    """The slots after `after` and before `until`."""
    config = schedule.config
    named = calendars.get(config.calendar or "")
    if config.asks_calendar and config.calendar and named is None:
        return  # Its calendar was deleted behind everybody's back: it will not be planned either.
    calendar = None if named is None else named[1]
    count = _AT_A_TIME[0]
    while True:
        found = next_fire_times(config, after=after, count=count, calendar=calendar)
        for slot in found:
            if slot.at >= until:
                return
            yield slot
        if len(found) < count:
            return
        after, count = found[-1].at, _AT_A_TIME[1]


def _marks(
    coming: tuple[ComingSchedule, ...], calendars: Calendars, first_on: date, last_on: date
) -> Iterator[CalendarMark]:
    """Holidays and quiet dates by day."""
    for number in range((last_on - first_on).days + 1):
        day = first_on + timedelta(days=number)
        for name, calendar in sorted(calendars.values(), key=lambda pair: pair[0]):
            holiday = calendar.name_of(day)
            if holiday is not None:
                words = f"{holiday} ({name})" if holiday else f"Day off ({name})"
                yield CalendarMark(on=day, words=words, is_quiet=False)
        for schedule in coming:
            if day in schedule.config.quiet_dates:
                yield CalendarMark(on=day, words=f"Quiet: {schedule.name}", is_quiet=True)
