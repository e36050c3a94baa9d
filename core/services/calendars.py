"""The calendars that an organization keeps: made, changed, taken away; and which countries have one of their own."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import calendar_repository, planning_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.calendar import CalendarDraft, DayOff, OrganizationCalendar, Region
from core.domain.text import check_text
from core.errors import Conflict, InvalidInput
from core.schedules.config_json import parse_config
from core.schedules.countries import regions
from core.schedules.ics import MAX_BYTES, MAX_DAYS_OFF, MAX_NAME_LENGTH, IcsReading, read_ics
from core.schedules.recurrence import next_fire_times

_MOST_CALENDARS = 100
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


class CalendarService:
    """Everything a person does with calendars. Whoever sees reports sees them, whoever manages schedules keeps them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def max_bytes(self) -> int:
        """The largest calendar file that is taken."""
        return MAX_BYTES

    def list(self, principal: Principal) -> tuple[OrganizationCalendar, ...]:
        """Return all calendars by name."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return calendar_repository.list_calendars(session)

    def get(self, principal: Principal, calendar_id: UUID) -> OrganizationCalendar:
        """Return a calendar; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return calendar_repository.load_calendar(session, calendar_id)

    def use_counts(self, principal: Principal) -> dict[UUID, int]:
        """Return how many schedules follow each calendar; those without any are left out."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return calendar_repository.use_counts(session)

    def used_by(self, principal: Principal, calendar_id: UUID) -> tuple[str, ...]:
        """Return the names of the schedules that follow a calendar."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.organization(principal.organization_id) as session:
            return calendar_repository.schedules_using(session, calendar_id)

    def countries(self, principal: Principal) -> tuple[Region, ...]:
        """Return every country with public holidays of its own, by name, with its parts."""
        require(principal, Permission.VIEW_REPORTS)
        return regions()

    def read_ics(self, principal: Principal, content: bytes) -> IcsReading:
        """Say which days off a calendar file holds, without keeping them. Raises InvalidUpload."""
        require(principal, Permission.MANAGE_SCHEDULES)
        return read_ics(content)

    def create(self, principal: Principal, draft: CalendarDraft) -> OrganizationCalendar:
        """Keep a calendar. Raises InvalidInput with the place, Conflict where the name is taken."""
        require(principal, Permission.MANAGE_SCHEDULES)
        draft = _checked(draft)
        with self._database.organization(principal.organization_id) as session:
            calendar_repository.hold_calendars(session, principal.organization_id, share=False)
            _check_name(session, draft)
            if len(calendar_repository.list_calendars(session)) >= _MOST_CALENDARS:
                raise Conflict(f"There are {_MOST_CALENDARS} calendars, the most there can be. Delete some.")
            calendar_id = calendar_repository.insert_calendar(session, draft, organization_id=principal.organization_id)
            made = calendar_repository.load_calendar(session, calendar_id)
            return note(session, principal, "calendar.created", after=made)

    def change(
        self, principal: Principal, calendar_id: UUID, draft: CalendarDraft, *, expected_version: int | None = None
    ) -> OrganizationCalendar:
        """Replace a calendar and move the next runs of the schedules that follow it; those that are due stay.

        Raises Conflict where `expected_version` is no longer the newest, or where a schedule would never run again.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        draft = _checked(draft)
        with self._database.organization(principal.organization_id) as session:
            calendar_repository.hold_calendars(session, principal.organization_id, share=False)
            current = calendar_repository.load_calendar(session, calendar_id)
            if expected_version is not None and expected_version != current.version:
                raise Conflict
            _check_name(session, draft, but=calendar_id)
            calendar_repository.replace_calendar(session, calendar_id, draft, expected_version=current.version)
            changed = calendar_repository.load_calendar(session, calendar_id)
            self._plan_again(session, changed)
            return note(session, principal, "calendar.changed", before=current, after=changed)

    def delete(self, principal: Principal, calendar_id: UUID) -> None:
        """Take a calendar away; raises Conflict while schedules follow it."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.organization(principal.organization_id) as session:
            calendar_repository.hold_calendars(session, principal.organization_id, share=False)
            calendar = calendar_repository.load_calendar(session, calendar_id)
            using = calendar_repository.schedules_using(session, calendar_id)
            if using:
                raise Conflict(f"Schedules follow this calendar: {', '.join(using)}. Choose another one there first.")
            calendar_repository.delete_calendar(session, calendar_id)
            note(session, principal, "calendar.deleted", before=calendar)

    def _plan_again(self, session: Session, calendar: OrganizationCalendar) -> None:
        now, business = self._clock.now(), calendar.business_calendar()
        next_run_at: dict[UUID, datetime | None] = {}
        ended = []
        for upcoming in calendar_repository.lock_upcoming(session, calendar.id, now):
            slots = next_fire_times(parse_config(upcoming.config), after=now, count=1, calendar=business)
            next_run_at[upcoming.id] = slots[0].at if slots else None
            if not slots and upcoming.next_run_at is not None:
                ended.append(upcoming.name)
        if ended:
            raise Conflict(
                f"With these days off, schedules would never run again: {', '.join(ended)}.", place="days_off"
            )
        planning_repository.advance(session, next_run_at)


def _check_name(session: Session, draft: CalendarDraft, *, but: UUID | None = None) -> None:
    if calendar_repository.is_name_taken(session, draft.name, but=but):
        raise Conflict(f"There is a calendar called {draft.name} already.", place="name")


def _checked(draft: CalendarDraft) -> CalendarDraft:
    """The draft with its days in order, one entry each; raises InvalidInput with the place."""
    name = check_text(draft.name.strip(), place="name", max_length=MAX_NAME_LENGTH, one_line=True)
    if not name:
        raise InvalidInput("Give the calendar a name.", place="name")
    week = tuple(sorted(set(draft.working_week)))
    if not week:
        raise InvalidInput("Choose at least one working day.", place="working_week")
    if not all(1 <= day <= 7 for day in week):
        raise InvalidInput("A working day is 1 (Monday) to 7 (Sunday).", place="working_week")
    return replace(draft, name=name, working_week=week, days_off=_checked_days(draft.days_off))


def _checked_days(days_off: tuple[DayOff, ...]) -> tuple[DayOff, ...]:
    if len(days_off) > MAX_DAYS_OFF:
        raise InvalidInput(f"A calendar may have up to {MAX_DAYS_OFF:,} days off.", place="days_off")
    named: dict[date, DayOff] = {}
    for position, day in enumerate(days_off):
        place = f"days_off[{position}]"
        if not _FIRST_YEAR <= day.on.year <= _LAST_YEAR:
            raise InvalidInput(f"A date lies between the years {_FIRST_YEAR} and {_LAST_YEAR}.", place=f"{place}.on")
        name = check_text(day.name.strip(), place=f"{place}.name", max_length=MAX_NAME_LENGTH, one_line=True)
        named.setdefault(day.on, DayOff(on=day.on, name=name))
    return tuple(named[on] for on in sorted(named))
