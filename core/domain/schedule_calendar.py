"""The calendar of schedules: what ran on which day and how it ended, what is still to come, and days without runs."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from core.domain.run import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """One slot of a schedule; or all of a day that ended alike, where they are too many to name."""

    on: date  #: the day by the clock of whoever looks
    at: datetime  #: the slot, or the first of them, in UTC
    until: datetime  #: the last of them
    count: int  #: how many slots
    schedule_id: UUID
    name: str  #: of the schedule
    state: RunState | None = None  #: of its run; None: still to come
    run_id: UUID | None = None  #: of the slot's run, the first one's where there are several
    note: str | None = None  #: where the clock or the calendar moved a slot to come, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMark:
    """What is special about a day: a holiday in a calendar that schedules follow, or a schedule's quiet date."""

    on: date
    words: str
    is_quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCalendar:
    """The days from `first_on` to `last_on`, both inside; entries and marks in order."""

    first_on: date
    last_on: date
    timezone: str
    entries: tuple[CalendarEntry, ...]
    marks: tuple[CalendarMark, ...]
    schedules_left_out: int = 0  #: schedules whose slots to come are not shown: there are too many
