"""Business calendars: which days are working days, and the calendars that an organization keeps itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

#: Monday is 1.
WORKING_WEEK = (1, 2, 3, 4, 5)


class BusinessCalendar(Protocol):
    """Tells business days from the others; the same day always gets the same answer."""

    def is_business(self, day: date) -> bool:
        """Whether people work on `day`."""
        ...

    def name_of(self, day: date) -> str | None:
        """What a day off is called ("Independence Day"); None for a weekend and a business day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedCalendar:
    """A working week and the named days off in it; as it stands it is Monday to Friday without holidays."""

    working_week: frozenset[int] = frozenset(WORKING_WEEK)
    days_off: Mapping[date, str] = field(default_factory=dict)

    def is_business(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day.isoweekday() in self.working_week and day not in self.days_off

    def name_of(self, day: date) -> str | None:
        """What a day off is called."""
        return self.days_off.get(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOff:
    """A day on which nobody works."""

    on: date
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDraft:
    """What a person gives to make or replace a calendar."""

    name: str
    days_off: tuple[DayOff, ...] = ()
    working_week: tuple[int, ...] = WORKING_WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCalendar:
    """A calendar that an organization keeps; days off in order, one entry a day."""

    id: UUID
    name: str
    days_off: tuple[DayOff, ...]
    working_week: tuple[int, ...]
    version: int
    created_at: datetime
    updated_at: datetime

    def business_calendar(self) -> DatedCalendar:
        """The calendar as schedules ask it."""
        return DatedCalendar(
            working_week=frozenset(self.working_week), days_off={day.on: day.name for day in self.days_off}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A country or a part of one with a calendar of its own; `code` is what a schedule names: "US", "US-CA"."""

    code: str
    name: str
    parts: "tuple[Region, ...]" = ()
