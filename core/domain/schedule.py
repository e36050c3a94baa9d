"""Schedules: when a report runs, in which timezone, for whom and in which formats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.domain.bursting import Burst
from core.domain.file_options import FileOptions
from core.domain.terms import Terms


class Cadence(StrEnum):
    """The kinds of recurrence."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CRON = "cron"


class Misfire(StrEnum):
    """What happens to slots that passed while nothing ran."""

    LATEST = "latest"  #: run the newest missed slot, mark the others missed
    SKIP = "skip"  #: mark all of them missed
    ALL = "all"  #: run every one, up to a cap, mark the rest missed


class MonthDay(StrEnum):
    """Days of a month that are not a number."""

    LAST = "last"
    LAST_BUSINESS = "last_business"


class BusinessDays(StrEnum):
    """What becomes of a slot on a day that is no business day."""

    ANY = "any"  #: it runs all the same
    SKIP = "skip"  #: it does not happen
    NEXT = "next"  #: it moves to the next business day, at the same time of day
    PREVIOUS = "previous"  #: it moves to the business day before, at the same time of day


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWeekday:
    """The n-th weekday of a month; n = -1 is the last one. Monday is 1."""

    n: int
    weekday: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleConfig:
    """A recurrence. Wall-clock times are in `timezone`; which of the day fields applies depends on the cadence."""

    cadence: Cadence
    timezone: str
    times: tuple[time, ...] = (time(9, 0),)
    interval: int = 1  #: every n-th day, week or month, counted from `starts_on` or a fixed epoch
    days_of_week: tuple[int, ...] = ()  #: weekly: 1 (Monday) to 7
    day_of_month: int | MonthDay | None = None  #: monthly; past the month's end means its last day
    nth_weekday: NthWeekday | None = None  #: monthly, instead of `day_of_month`
    cron_expression: str | None = None
    starts_on: date | None = None  #: bounds the day that the recurrence names, not the one it is moved to
    ends_on: date | None = None
    business_days: BusinessDays = BusinessDays.ANY
    calendar: str | None = None  #: "US", "US-CA" or an organization calendar's id; None: Monday to Friday
    quiet_dates: tuple[date, ...] = ()  #: no slot on these days

    @property
    def calendar_id(self) -> UUID | None:
        """The organization calendar that is named, if it is one."""
        try:
            return UUID(self.calendar) if self.calendar else None
        except ValueError:
            return None

    @property
    def asks_calendar(self) -> bool:
        """Whether a slot depends on which days are business days."""
        return self.business_days is not BusinessDays.ANY or self.day_of_month is MonthDay.LAST_BUSINESS


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredWindow:
    """The span of dates that a run covers: its first instant, the first after it, and both in words."""

    starts_at: datetime
    ends_at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FireTime:
    """One slot: the instant in UTC and the wall-clock time it stands for."""

    at: datetime
    local: datetime
    note: str | None = None  #: where the clock or the calendar moved it, in words
    window: CoveredWindow | None = None  #: what its run covers, where a report was named


#: Recipients that a run turns into addresses when it is delivered; their `address` is the id of what they name.
USER, GROUP = "user", "group"
KINDS = (USER, GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An address and the channel that reaches it. `channel` is a key of the channel registry, or one of `KINDS`."""

    channel: str
    address: str
    role: str = "to"  #: to | cc | bcc, for e-mail
    destination_id: UUID | None = None  #: None: the installation's own way
    #: What they are called and which language they read, as in en-GB; known once a run has found who it is.
    name: str = field(default="", compare=False)
    locale: str = field(default="", compare=False)


def parse_recipient(data: Mapping[str, Any]) -> Recipient:
    """Read a recipient as it is stored."""
    destination_id = data.get("destination_id")
    return Recipient(**{**data, "destination_id": None if destination_id is None else UUID(destination_id)})


def dump_recipient(recipient: Recipient) -> dict[str, Any]:
    """The JSON of a recipient."""
    data: dict[str, Any] = {"channel": recipient.channel, "address": recipient.address, "role": recipient.role}
    return data if recipient.destination_id is None else {**data, "destination_id": str(recipient.destination_id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A saved schedule of one report or one dashboard."""

    id: UUID
    organization_id: UUID
    report_id: UUID | None  #: None: it sends a dashboard
    report_name: str  #: of what it sends
    owner_id: UUID
    owner_name: str
    name: str
    description: str
    config: ScheduleConfig
    recipients: tuple[Recipient, ...]
    formats: tuple[str, ...]
    email_subject: str | None
    email_body: str | None
    report_parameters: Mapping[str, Any]  #: values for the report's parameters or the dashboard's filters, as JSON
    file_options: FileOptions
    misfire: Misfire
    is_active: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_status: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    terms: Terms = Terms()
    burst: Burst | None = None  #: its recipients stand in the data, and `recipients` is empty
    paused_until: datetime | None = None  #: a paused schedule resumes by itself then
    paused_because: str | None = None  #: why, as whoever paused it said
    owner_left_at: datetime | None = None  #: when the departure of its owner paused it
    failing_since: datetime | None = None  #: when its runs began to fail, while they do
    dashboard_id: UUID | None = None  #: exactly one of this and `report_id`


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDraft:
    """What a person or an API client gives to create or replace a schedule."""

    name: str
    report_id: UUID | None = None  #: exactly one of this and `dashboard_id`
    dashboard_id: UUID | None = None
    config: ScheduleConfig
    recipients: tuple[Recipient, ...]
    formats: tuple[str, ...]
    description: str = ""
    email_subject: str | None = None
    email_body: str | None = None
    report_parameters: Mapping[str, Any] = field(default_factory=dict)
    file_options: FileOptions = FileOptions()
    misfire: Misfire = Misfire.LATEST
    terms: Terms = Terms()
    burst: Burst | None = None  #: the recipients stand in the data, and `recipients` is empty
    is_active: bool = True
