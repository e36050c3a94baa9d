"""Calendars of one organization, and the loader that hands a schedule the calendar it follows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, Text, cast, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import CalendarRow, ScheduleRow
from core.domain.calendar import BusinessCalendar, CalendarDraft, DayOff, OrganizationCalendar
from core.domain.schedule import ScheduleConfig
from core.errors import Conflict, InvalidSchedule, NotFound

_GONE = "This calendar does not exist any more, or you may not see it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A schedule whose next slot lies ahead, or that has none. `config` is the stored JSON."""

    id: UUID
    name: str
    config: dict[str, Any]
    next_run_at: datetime | None


def business_calendar(session: Session, config: ScheduleConfig) -> BusinessCalendar | None:
    """Return the organization's calendar that a recurrence follows; None where it follows no such calendar.

    Raises InvalidSchedule where it is not there.
    """
    calendar_id = config.calendar_id
    if calendar_id is None:
        return None
    try:
        return load_calendar(session, calendar_id).business_calendar()
    except NotFound as error:
        raise InvalidSchedule(f"{_GONE} Choose another one.", place="schedule_config.calendar") from error


def hold_calendars(session: Session, organization_id: UUID, *, share: bool) -> None:
    """Keep the organization's calendars as they are until the transaction's end.

    Who saves a schedule shares the hold, who changes or deletes a calendar does not: otherwise a schedule could be
    planned by a calendar that is being changed. Taken before any row, so that nobody waits in a circle.
    """
    take = "pg_advisory_xact_lock_shared" if share else "pg_advisory_xact_lock"
    session.execute(text(f"SELECT {take}(hashtextextended(:key, 0))"), {"key": f"calendars {organization_id}"})


def list_calendars(session: Session) -> tuple[OrganizationCalendar, ...]:
    """Return every calendar by name."""
    rows = session.execute(_select_calendars().order_by(func.lower(CalendarRow.name))).mappings()
    return tuple(_calendar(row) for row in rows)


def calendar_name(session: Session, calendar_id: UUID) -> str | None:
    """Return what a calendar is called; None where there is none."""
    return session.execute(select(CalendarRow.name).where(CalendarRow.id == calendar_id)).scalar_one_or_none()


def load_calendar(session: Session, calendar_id: UUID) -> OrganizationCalendar:
    """Return a calendar; raises NotFound."""
    row = session.execute(_select_calendars().where(CalendarRow.id == calendar_id)).mappings().first()
    if row is None:
        raise NotFound(_GONE)
    return _calendar(row)


def is_name_taken(session: Session, name: str, *, but: UUID | None = None) -> bool:
    """Whether another calendar than `but` is called `name`, whatever the case of its letters."""
    statement = select(CalendarRow.id).where(func.lower(CalendarRow.name) == func.lower(name))
    if but is not None:
        statement = statement.where(CalendarRow.id != but)
    return session.execute(statement.limit(1)).first() is not None


def insert_calendar(session: Session, draft: CalendarDraft, *, organization_id: UUID) -> UUID:
    """Keep a calendar; returns its id."""
    values = {"organization_id": organization_id, **_columns(draft)}
    return session.execute(insert(CalendarRow).values(values).returning(CalendarRow.id)).scalar_one()


def replace_calendar(session: Session, calendar_id: UUID, draft: CalendarDraft, *, expected_version: int) -> None:
    """Replace what a calendar says; raises Conflict where it is no longer at `expected_version`."""
    row = CalendarRow
    changed = session.execute(
        update(row)
        .where(row.id == calendar_id, row.version == expected_version)
        .values(version=expected_version + 1, updated_at=func.now(), **_columns(draft))
        .returning(row.id)
    ).first()
    if changed is None:
        raise Conflict


def delete_calendar(session: Session, calendar_id: UUID) -> None:
    """Remove a calendar that no schedule uses."""
    session.execute(delete(CalendarRow).where(CalendarRow.id == calendar_id))


def schedules_using(session: Session, calendar_id: UUID) -> tuple[str, ...]:
    """Return the names of the schedules that follow a calendar, paused ones included."""
    used = ScheduleRow.config["calendar"].astext == str(calendar_id)
    return tuple(session.execute(select(ScheduleRow.name).where(used).order_by(ScheduleRow.name)).scalars())


def use_counts(session: Session) -> dict[UUID, int]:
    """Return how many schedules follow each calendar; those without any are left out."""
    used = ScheduleRow.config["calendar"].astext
    counted = select(CalendarRow.id, func.count()).join(ScheduleRow, used == cast(CalendarRow.id, Text))
    return {row[0]: row[1] for row in session.execute(counted.group_by(CalendarRow.id))}


def lock_upcoming(session: Session, calendar_id: UUID, now: datetime) -> tuple[Upcoming, ...]:
    """Take the active schedules that follow a calendar and are not due.

    A slot that is due stays; the planner turns it into a run and asks the calendar for the one after it.
    """
    row = ScheduleRow
    statement = (
        select(row.id, row.name, row.config, row.next_run_at)
        .where(
            row.config["calendar"].astext == str(calendar_id),
            row.is_active.is_(True),
            row.next_run_at.is_(None) | (row.next_run_at > now),
        )
        .order_by(row.id)
        .with_for_update()
    )
    return tuple(Upcoming(**found) for found in session.execute(statement).mappings())


def _columns(draft: CalendarDraft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "days_off": [{"on": day.on.isoformat(), "name": day.name} for day in draft.days_off],
        "working_week": list(draft.working_week),
    }


def _select_calendars() -> Select[Any]:
    row = CalendarRow
    return select(row.id, row.name, row.days_off, row.working_week, row.version, row.created_at, row.updated_at)


def _calendar(row: RowMapping) -> OrganizationCalendar:
    days_off = tuple(DayOff(on=date.fromisoformat(day["on"]), name=day["name"]) for day in row["days_off"])
    return OrganizationCalendar(**{**row, "days_off": days_off, "working_week": tuple(row["working_week"])})
