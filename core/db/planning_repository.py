"""What the planner reads and writes: due schedules with the report version they send, and unfinished work to wake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, bindparam, delete, func, select, text
from sqlalchemy.orm import Session

from core.db.tables import DashboardRow, DashboardVersionRow, ReportRow, ReportVersionRow, RunRow, ScheduleRow
from core.db.visibility import sees_schedule
from core.domain.dashboard_json import dump_question
from core.domain.run import RunState
from core.domain.schedule import Misfire, Recipient, parse_recipient
from core.errors import NotFound

_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSchedule:
    """A schedule with the newest version of what it sends, as a run copies them. `config` is the stored JSON."""

    id: UUID
    organization_id: UUID
    owner_id: UUID
    report_id: UUID | None  #: None: it sends a dashboard
    report_name: str  #: of what it sends
    report_version: int
    definition: dict[str, Any]
    definition_sha256: str
    config: dict[str, Any]
    recipients: tuple[Recipient, ...]
    burst: dict[str, Any] | None
    formats: tuple[str, ...]
    email_subject: str | None
    email_body: str | None
    report_parameters: dict[str, Any]
    file_options: dict[str, Any]
    terms: dict[str, Any]
    misfire: Misfire
    next_run_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSchedule:
    """A schedule whose time has come."""

    id: UUID
    organization_id: UUID
    next_run_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """A run or a delivery that nobody works on although its time has come."""

    kind: str  #: "run" or "delivery"
    id: UUID
    organization_id: UUID


def due_schedules(
    session: Session, now: datetime, maximum: int, *, behind: DueSchedule | None = None
) -> tuple[DueSchedule, ...]:
    """Return up to `maximum` due schedules, the longest due first, behind one of them; needs no organization."""
    statement = text(
        "SELECT schedule_id AS id, organization_id, next_run_at "
        "FROM due_schedules_after(:now, :maximum, :after, CAST(:after_id AS uuid))"
    )
    place = {
        "after": _EARLIEST if behind is None else behind.next_run_at,
        "after_id": UUID(int=0) if behind is None else behind.id,
    }
    rows = session.execute(statement, {"now": now, "maximum": maximum, **place}).mappings()
    return tuple(DueSchedule(**row) for row in rows)


def schedules_to_come(
    session: Session, now: datetime, maximum: int, *, behind: DueSchedule | None = None
) -> tuple[DueSchedule, ...]:
    """Return up to `maximum` schedules whose next slot is to come, by id; needs no organization context."""
    statement = text(
        "SELECT schedule_id AS id, organization_id, next_run_at "
        "FROM schedules_to_come(:now, :maximum, CAST(:after_id AS uuid))"
    )
    after_id = UUID(int=0) if behind is None else behind.id
    rows = session.execute(statement, {"now": now, "maximum": maximum, "after_id": after_id}).mappings()
    return tuple(DueSchedule(**row) for row in rows)


def forget_early_marks(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Remove the marks of missed slots that lie in the future: they were made while the clock was ahead."""
    session.execute(
        delete(RunRow)
        .where(RunRow.schedule_id.in_(ids), RunRow.state == str(RunState.MISSED), RunRow.scheduled_for > now)
        .execution_options(synchronize_session=False)
    )


def open_work(session: Session, now: datetime, maximum: int) -> tuple[OpenWork, ...]:
    """Return work that waits for nobody, the oldest first; needs no organization context."""
    statement = text("SELECT kind, id, organization_id FROM open_work(:now, :maximum)")
    rows = session.execute(statement, {"now": now, "maximum": maximum}).mappings()
    return tuple(OpenWork(**row) for row in rows)


def ready_runs(session: Session, now: datetime, maximum: int) -> tuple[UUID, ...]:
    """Return up to `maximum` runs that have been in line for a while; needs no organization context."""
    statement = text("SELECT run_id FROM ready_runs(:now, :maximum)")
    return tuple(session.execute(statement, {"now": now, "maximum": maximum}).scalars())


def say_who_waits(session: Session, now: datetime, maximum: int) -> int:
    """Note on the first runs in line of each source that is read enough what they wait for; returns how many."""
    statement = text("SELECT say_who_waits(:now, :maximum)")
    count: int = session.execute(statement, {"now": now, "maximum": maximum}).scalar_one()
    return count


def forget_orphaned_jobs(session: Session) -> None:
    """Delete wake-ups whose worker died with them in hand; what they spoke of was woken again by the sweep."""
    session.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL"))


def lock_due_schedules(session: Session, ids: Sequence[UUID], now: datetime) -> tuple[PlannedSchedule, ...]:
    """Take schedules for this transaction, without those another planner has or that are not due any more."""
    return _locked(session, _select_planned().where(ScheduleRow.id.in_(ids), ScheduleRow.next_run_at <= now))


def lock_schedules(session: Session, ids: Sequence[UUID]) -> tuple[PlannedSchedule, ...]:
    """Take active schedules for this transaction, without those another planner has."""
    return _locked(session, _select_planned().where(ScheduleRow.id.in_(ids)))


def load_planned_schedule(session: Session, schedule_id: UUID) -> PlannedSchedule:
    """Return a schedule as a run copies it; raises NotFound, also where what it sends was archived."""
    is_asked = (ScheduleRow.id == schedule_id, sees_schedule())
    row = session.execute(_select_planned().where(*is_asked)).mappings().first()
    if row is None:
        raise NotFound("This schedule does not exist, its report was archived, or you may not see it.")
    return _planned(row)


def schedule_name_and_config(session: Session, schedule_id: UUID) -> tuple[str, dict[str, Any]] | None:
    """Return what a schedule is called and its stored recurrence; None where it was deleted since."""
    row = session.execute(_NAME_AND_CONFIG, {"of_schedule": schedule_id}).first()
    return None if row is None else (row.name, row.config)


def advance(session: Session, next_run_at: Mapping[UUID, datetime | None]) -> None:
    """Move each schedule to its next slot; None: it has no more."""
    statement = text(
        "UPDATE schedules s SET next_run_at = v.next_run_at "
        "FROM unnest(CAST(:ids AS uuid[]), CAST(:slots AS timestamptz[])) AS v (id, next_run_at) WHERE s.id = v.id"
    )
    session.execute(statement, {"ids": list(next_run_at), "slots": list(next_run_at.values())})


def _locked(session: Session, statement: Select[Any]) -> tuple[PlannedSchedule, ...]:
    statement = (
        statement.where(ScheduleRow.is_active.is_(True))
        .order_by(ScheduleRow.next_run_at, ScheduleRow.id)
        .with_for_update(of=ScheduleRow, skip_locked=True)
    )
    return tuple(_planned(row) for row in session.execute(statement).mappings())


def _select_planned() -> Select[Any]:
    return (
        select(
            ScheduleRow.id,
            ScheduleRow.organization_id,
            ScheduleRow.owner_id,
            ScheduleRow.report_id,
            ScheduleRow.dashboard_id,
            func.coalesce(ReportRow.name, DashboardRow.name).label("report_name"),
            func.coalesce(ReportRow.version, DashboardRow.version).label("report_version"),
            func.coalesce(ReportVersionRow.definition, DashboardVersionRow.content).label("definition"),
            func.coalesce(ReportVersionRow.definition_sha256, DashboardVersionRow.content_sha256).label(
                "definition_sha256"
            ),
            ScheduleRow.config,
            ScheduleRow.recipients,
            ScheduleRow.burst,
            ScheduleRow.formats,
            ScheduleRow.email_subject,
            ScheduleRow.email_body,
            ScheduleRow.report_parameters,
            ScheduleRow.file_options,
            ScheduleRow.terms,
            ScheduleRow.misfire,
            ScheduleRow.next_run_at,
        )
        .outerjoin(ReportRow, ReportRow.id == ScheduleRow.report_id)
        .outerjoin(
            ReportVersionRow,
            (ReportVersionRow.report_id == ReportRow.id) & (ReportVersionRow.version == ReportRow.version),
        )
        .outerjoin(DashboardRow, DashboardRow.id == ScheduleRow.dashboard_id)
        .outerjoin(
            DashboardVersionRow,
            (DashboardVersionRow.dashboard_id == DashboardRow.id)
            & (DashboardVersionRow.version == DashboardRow.version),
        )
        .where(ReportRow.archived_at.is_(None), DashboardRow.archived_at.is_(None))
    )


def _planned(row: RowMapping) -> PlannedSchedule:
    stored = dict(row)
    dashboard_id = stored.pop("dashboard_id")
    if dashboard_id is not None:
        stored["definition"] = dump_question(dashboard_id, row["report_version"], row["definition"])
    return PlannedSchedule(
        **{
            **stored,
            "recipients": tuple(parse_recipient(recipient) for recipient in row["recipients"]),
            "formats": tuple(row["formats"]),
            "misfire": Misfire(row["misfire"]),
        }
    )


_SCHEDULES: Any = ScheduleRow.__table__
_NAME_AND_CONFIG = select(_SCHEDULES.c.name, _SCHEDULES.c.config).where(
    _SCHEDULES.c.id == bindparam("of_schedule", type_=_SCHEDULES.c.id.type)
)
