"""What the calendar of schedules reads: schedules with a slot to come, and the runs of past slots by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from core.db.schedule_repository import said_of
from core.db.tables import RunRow, ScheduleRow
from core.db.visibility import sees_run, sees_schedule
from core.domain.run import RunKind, RunState
from core.domain.schedule import ScheduleConfig
from core.domain.schedule_calendar import CalendarEntry
from core.schedules.config_json import parse_config

_INSTANTS = ARRAY(DateTime(timezone=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingSchedule:
    """A schedule that will run: when next, and after that by its recurrence."""

    id: UUID
    name: str
    config: ScheduleConfig
    from_at: datetime  #: its next slot, or the moment it resumes by itself


def coming_schedules(session: Session, *, search: str, limit: int) -> tuple[ComingSchedule, ...]:
    """Return schedules that will run, the next one first."""
    from_at = _from_at()
    rows = session.execute(
        select(ScheduleRow.id, ScheduleRow.name, ScheduleRow.config, from_at.label("from_at"))
        .where(sees_schedule(), from_at.is_not(None), *said_of(search))
        .order_by(from_at, ScheduleRow.id)
        .limit(limit)
    ).mappings()
    return tuple(ComingSchedule(**{**row, "config": parse_config(row["config"])}) for row in rows)


def count_coming(session: Session, *, search: str, until: datetime) -> int:
    """Return how many schedules run before `until`."""
    conditions = (sees_schedule(), _from_at() < until, *said_of(search))
    count: int = session.execute(select(func.count()).select_from(ScheduleRow).where(*conditions)).scalar_one()
    return count


def _from_at() -> ColumnElement[datetime | None]:
    return func.coalesce(ScheduleRow.next_run_at, ScheduleRow.paused_until)


def past_slots(
    session: Session, midnights: Sequence[datetime], *, search: str, first_on: date, most_each: int
) -> tuple[CalendarEntry, ...]:
    """Return the runs of slots between the first and the last of `midnights`, which begin the days from `first_on` on.

    More than `most_each` of one schedule, day and state are one entry.
    """
    number_of_day = func.width_bucket(RunRow.scheduled_for, cast(list(midnights), _INSTANTS))
    alike = (RunRow.schedule_id, number_of_day, RunRow.state)
    slots = (
        select(
            RunRow.id,
            RunRow.schedule_id,
            ScheduleRow.name,
            RunRow.state,
            RunRow.scheduled_for,
            number_of_day.label("day"),
            func.row_number().over(partition_by=alike, order_by=RunRow.scheduled_for).label("place"),
            func.count().over(partition_by=alike).label("number"),
            func.max(RunRow.scheduled_for).over(partition_by=alike).label("until"),
        )
        .join(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)
        .where(
            RunRow.kind == str(RunKind.SCHEDULED),
            RunRow.scheduled_for >= midnights[0],
            RunRow.scheduled_for < midnights[-1],
            sees_schedule(),
            sees_run(),
            *said_of(search),
        )
        .subquery()
    )
    few = slots.c.number <= most_each
    return tuple(
        CalendarEntry(
            on=first_on + timedelta(days=row.day - 1),
            at=row.scheduled_for,
            until=row.scheduled_for if row.number <= most_each else row.until,
            count=1 if row.number <= most_each else row.number,
            schedule_id=row.schedule_id,
            name=row.name,
            state=RunState(row.state),
            run_id=row.id,
        )
        for row in session.execute(select(slots).where(or_(few, slots.c.place == 1)))
    )
