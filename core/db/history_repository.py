"""What earlier runs of a schedule found: the past that conditions, approvals and changes are judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from core.db.tables import DeliveryRow, RunRow, ScheduleRow
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState, RunStep

#: Runs of slots; what people sent by hand is no measure of what is usual.
_OF_SLOTS = (str(RunKind.SCHEDULED), str(RunKind.BACKFILL))
_OPEN = (str(RunState.PENDING), str(RunState.RUNNING), str(RunState.WAITING))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run that found something, with the JSON that is kept of it."""

    id: UUID
    logical_at: datetime
    fingerprint: dict[str, Any]


def runs_before(
    session: Session, schedule_id: UUID, before: datetime, *, most: int, delivering_only: bool
) -> Sequence[PastRun]:
    """Return runs of earlier slots, the latest slot first, of each slot the newest run.

    `delivering_only` leaves out those that were only to make files.
    """
    statement = _past(schedule_id, before).where(RunRow.kind.in_(_OF_SLOTS), _has_ended_well())
    if delivering_only:
        statement = statement.where(func.jsonb_array_length(RunRow.recipients) > 0)
    statement = statement.ext(distinct_on(RunRow.logical_at))
    return _read(session, statement.limit(most))


def last_delivered(session: Session, schedule_id: UUID, before: datetime) -> PastRun | None:
    """Return the run of the latest earlier moment that reached a recipient of the schedule, or is about to."""
    arrived = exists().where(DeliveryRow.run_id == RunRow.id, DeliveryRow.state == str(DeliveryState.SENT))
    statement = _past(schedule_id, before).where(RunRow.kind != str(RunKind.TEST), or_(arrived, _is_delivering()))
    found = _read(session, statement.limit(1))
    return found[0] if found else None


def unjudged_before(session: Session, schedule_id: UUID, before: datetime) -> datetime | None:
    """Return the latest earlier slot whose run has found nothing yet but is at it, or soon will be.

    A run that waits for fresh data, or for somebody, holds up no other one.
    """
    return session.execute(
        select(func.max(RunRow.logical_at)).where(
            RunRow.schedule_id == schedule_id,
            RunRow.logical_at < before,
            RunRow.kind.in_(_OF_SLOTS),
            RunRow.fingerprint.is_(None),
            RunRow.finished_at.is_(None),
            RunRow.state.in_(_OPEN),
            or_(RunRow.state != str(RunState.WAITING), RunRow.waiting_for.is_(None)),
        )
    ).scalar_one()


def backfilled(
    session: Session, schedule_id: UUID, slots: Sequence[datetime], *, delivering_only: bool
) -> dict[datetime, UUID]:
    """Return the newest run that made each of these slots again, without those that failed or were cancelled."""
    statement = (
        select(RunRow.scheduled_for, RunRow.id)
        .where(
            RunRow.schedule_id == schedule_id,
            RunRow.kind == str(RunKind.BACKFILL),
            RunRow.scheduled_for.in_(slots),
            RunRow.state.not_in([str(RunState.FAILED), str(RunState.CANCELLED)]),
        )
        .order_by(RunRow.created_at)
    )
    if delivering_only:
        statement = statement.where(func.jsonb_array_length(RunRow.recipients) > 0)
    return {row.scheduled_for: row.id for row in session.execute(statement)}


def held_because(session: Session, run_id: UUID) -> str | None:
    """Return why a run is to be held, as its verdict said; None where it is not, or was approved."""
    return session.execute(select(RunRow.held_because).where(RunRow.id == run_id)).scalar_one()


def set_alerting(session: Session, schedule_id: UUID, *, is_alerting: bool) -> None:
    """Note whether a schedule's alert is on."""
    session.execute(
        update(ScheduleRow)
        .where(ScheduleRow.id == schedule_id, ScheduleRow.is_alerting.is_not(is_alerting))
        .values(is_alerting=is_alerting)
    )


def _past(schedule_id: UUID, before: datetime) -> Select[Any]:
    return (
        select(RunRow.id, RunRow.logical_at, RunRow.fingerprint)
        .where(RunRow.schedule_id == schedule_id, RunRow.logical_at < before, RunRow.fingerprint.is_not(None))
        .order_by(RunRow.logical_at.desc(), RunRow.created_at.desc())
    )


def _has_ended_well() -> ColumnElement[bool]:
    """Skipped runs found something, too; what was rejected, failed or is held is no measure."""
    good = (str(RunState.COMPLETED), str(RunState.PARTIAL), str(RunState.SKIPPED))
    return or_(RunRow.state.in_(good), _is_delivering())


def _is_delivering() -> ColumnElement[bool]:
    return and_(RunRow.state == str(RunState.RUNNING), RunRow.step == str(RunStep.DELIVERING))


def _read(session: Session, statement: Select[Any]) -> Sequence[PastRun]:
    return [PastRun(**row) for row in session.execute(statement).mappings()]
