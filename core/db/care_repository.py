"""What the daemon looks after: pauses that end, failures and recoveries to tell, owners who left, slow reports."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from core.db.member_repository import has_owner
from core.db.tables import DashboardReportRow, ReportRow, RunRow, ScheduleRow
from core.domain.run import RunState

#: A run with one of these answers whether its schedule works.
_GOOD_ANSWERS = ("completed", "skipped")
_ANSWERS = (*_GOOD_ANSWERS, "failed", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something to be looked after. `id` is a run, a schedule, or for "left" the owner."""

    concern: str
    organization_id: UUID
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFailure:
    """A failure that its schedule's owner has not heard of."""

    schedule_id: UUID
    schedule: str
    owner_id: UUID
    report_owner_id: UUID | None  #: None: it sends a dashboard
    state: RunState
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecovery:
    """A schedule that works again, with the run that shows it."""

    schedule: str
    owner_id: UUID
    failing_since: datetime
    run_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRun:
    """A report that somebody waits for."""

    title: str
    user_id: UUID
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedSchedule:
    """A schedule as what pauses and resumes it sees it; `config` is the stored JSON."""

    id: UUID
    name: str
    config: dict[str, Any]
    report_id: UUID | None
    dashboard_id: UUID | None
    dataset_ids: list[UUID]  #: what its report, or the reports of its dashboard, ask
    paused_until: datetime | None
    owner_left_at: datetime | None


def care_due(
    session: Session, now: datetime, *, soon: datetime, slow_before: datetime, maximum: int
) -> tuple[Concern, ...]:
    """Return what is to be looked after; needs no organization context."""
    rows = session.execute(
        text("SELECT concern, organization_id, id FROM care_due(:now, :soon, :slow_before, :maximum)"),
        {"now": now, "soon": soon, "slow_before": slow_before, "maximum": maximum},
    ).mappings()
    return tuple(Concern(**row) for row in rows)


def schedules_to_resume(session: Session, now: datetime, maximum: int) -> tuple[Concern, ...]:
    """Return the schedules whose pause is over; needs no organization context."""
    statement = text("SELECT schedule_id AS id, organization_id FROM schedules_to_resume(:now, :maximum)")
    rows = session.execute(statement, {"now": now, "maximum": maximum}).mappings()
    return tuple(Concern(concern="resume", **row) for row in rows)


def lock_paused(session: Session, schedule_id: UUID, now: datetime) -> PausedSchedule | None:
    """Take a schedule whose pause is over; None where another daemon has it or somebody was faster."""
    statement = (
        _select_paused()
        .where(
            ScheduleRow.id == schedule_id,
            ScheduleRow.is_active.is_(False),
            ScheduleRow.paused_until <= now,
            ScheduleRow.owner_left_at.is_(None),
        )
        .with_for_update(of=ScheduleRow, skip_locked=True)
    )
    row = session.execute(statement).mappings().first()
    return None if row is None else PausedSchedule(**row)


def note_failure(session: Session, run_id: UUID, at: datetime) -> FoundFailure | None:
    """Note a failed run on its schedule; None where that is known to fail already, or gone."""
    run = session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.failure_noted_at.is_(None))
        .values(failure_noted_at=at)
        .returning(RunRow.schedule_id, RunRow.finished_at, RunRow.state, RunRow.error_code, RunRow.error_message)
    ).first()
    if run is None or run.schedule_id is None:
        return None
    report_owner = select(ReportRow.owner_id).where(ReportRow.id == ScheduleRow.report_id).scalar_subquery()
    schedule = session.execute(
        update(ScheduleRow)
        .where(
            ScheduleRow.id == run.schedule_id,
            ScheduleRow.failing_since.is_(None),
        )
        .values(failing_since=func.coalesce(run.finished_at, at), failure_told_at=None)
        .returning(ScheduleRow.name, ScheduleRow.owner_id, report_owner.label("report_owner_id"))
        .execution_options(synchronize_session=False)
    ).first()
    if schedule is None:
        return None
    return FoundFailure(
        schedule_id=run.schedule_id,
        schedule=schedule.name,
        owner_id=schedule.owner_id,
        report_owner_id=schedule.report_owner_id,
        state=RunState(run.state),
        error_code=run.error_code,
        error_message=run.error_message,
    )


def note_recovery(session: Session, schedule_id: UUID) -> FoundRecovery | None:
    """Note that a schedule works again; None where it does not, or that is known."""
    schedule = session.execute(
        select(ScheduleRow.name, ScheduleRow.owner_id, ScheduleRow.failing_since)
        .where(ScheduleRow.id == schedule_id, ScheduleRow.failing_since.is_not(None))
        .with_for_update()
    ).first()
    newest = session.execute(
        select(RunRow.id, RunRow.state)
        .where(RunRow.schedule_id == schedule_id, RunRow.kind.in_(("scheduled", "manual")), RunRow.state.in_(_ANSWERS))
        .order_by(RunRow.created_at.desc(), RunRow.logical_at.desc(), RunRow.id)
        .limit(1)
    ).first()
    if schedule is None or schedule.failing_since is None or newest is None or newest.state not in _GOOD_ANSWERS:
        return None
    session.execute(
        update(ScheduleRow).where(ScheduleRow.id == schedule_id).values(failing_since=None, failure_told_at=None)
    )
    return FoundRecovery(
        schedule=schedule.name,
        owner_id=schedule.owner_id,
        failing_since=schedule.failing_since,
        run_id=newest.id,
    )


def note_slow(session: Session, run_id: UUID, at: datetime) -> SlowRun | None:
    """Note that somebody is told that their report takes long; None where it ended or they were told."""
    row = session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.slow_told_at.is_(None), RunRow.finished_at.is_(None))
        .values(slow_told_at=at)
        .returning(RunRow.title, RunRow.requested_by, RunRow.created_at)
    ).first()
    if row is None or row.requested_by is None:
        return None
    return SlowRun(title=row.title, user_id=row.requested_by, asked_at=row.created_at)


def held_because(session: Session, run_id: UUID) -> str | None:
    """Return why a run waits for approval; None where it does not any more."""
    statement = select(RunRow.held_because).where(RunRow.id == run_id, RunRow.state == str(RunState.HELD))
    row = session.execute(statement).first()
    return None if row is None else row.held_because or "Its result differs a lot from the runs before."


def pause_owned(
    session: Session, organization_id: UUID, owner_id: UUID, *, because: str, at: datetime
) -> list[Row[UUID, str]]:
    """Pause what would run for an owner who left; returns (id, name) of each, by name."""
    rows = session.execute(
        update(ScheduleRow)
        .where(
            ScheduleRow.organization_id == organization_id,
            ScheduleRow.owner_id == owner_id,
            ScheduleRow.owner_left_at.is_(None),
            ScheduleRow.is_active.is_(True) | ScheduleRow.paused_until.is_not(None),
        )
        .values(
            is_active=False,
            next_run_at=None,
            paused_because=because,
            owner_left_at=at,
            updated_at=func.now(),
            version=ScheduleRow.version + 1,
        )
        .returning(ScheduleRow.id, ScheduleRow.name)
    ).all()
    return sorted(rows, key=lambda row: (row.name, row.id))


def lock_owned(session: Session, organization_id: UUID, owner_id: UUID | None) -> tuple[PausedSchedule, ...]:
    """Take every schedule of an owner, or with None each whose owner is not here any more, by name."""
    condition = (
        ~has_owner(ScheduleRow.owner_id, ScheduleRow.organization_id)
        if owner_id is None
        else ScheduleRow.owner_id == owner_id
    )
    rows = session.execute(
        _select_paused()
        .where(ScheduleRow.organization_id == organization_id, condition)
        .order_by(ScheduleRow.name, ScheduleRow.id)
        .with_for_update(of=ScheduleRow)
    ).mappings()
    return tuple(PausedSchedule(**row) for row in rows)


def load_paused(session: Session, schedule_id: UUID) -> PausedSchedule:
    """Return a schedule that is known to be there."""
    row = session.execute(_select_paused().where(ScheduleRow.id == schedule_id)).mappings().one()
    return PausedSchedule(**row)


def _select_paused() -> Select[Any]:
    return select(
        ScheduleRow.id,
        ScheduleRow.name,
        ScheduleRow.config,
        func.array(_asked_datasets()).label("dataset_ids"),
        ScheduleRow.report_id,
        ScheduleRow.dashboard_id,
        ScheduleRow.paused_until,
        ScheduleRow.owner_left_at,
    )


def _asked_datasets() -> ScalarSelect[UUID]:
    """The datasets behind what a schedule sends."""
    shown = select(DashboardReportRow.report_id).where(DashboardReportRow.dashboard_id == ScheduleRow.dashboard_id)
    is_sent = (ReportRow.id == ScheduleRow.report_id) | ReportRow.id.in_(shown.correlate(ScheduleRow))
    return select(ReportRow.dataset_id).where(is_sent).correlate(ScheduleRow).scalar_subquery()


def runs_older_than(session: Session, before: datetime, maximum: int) -> tuple[tuple[UUID, UUID], ...]:
    """Return (run, organization) of runs whose time is over and whose files are gone; needs no organization context."""
    statement = text("SELECT run_id, organization_id FROM runs_older_than(:before, :maximum)")
    rows = session.execute(statement, {"before": before, "maximum": maximum})
    return tuple((row.run_id, row.organization_id) for row in rows)


def delete_runs(session: Session, run_ids: Collection[UUID]) -> int:
    """Forget runs with their timelines, deliveries and notices, unless somebody keeps them; returns how many."""
    statement = delete(RunRow).where(RunRow.id.in_(run_ids), RunRow.pinned_at.is_(None)).returning(RunRow.id)
    return len(session.execute(statement).all())


def set_pinned(session: Session, run_id: UUID, at: datetime | None) -> None:
    """Keep a run, or let it go again."""
    session.execute(update(RunRow).where(RunRow.id == run_id).values(pinned_at=at))
