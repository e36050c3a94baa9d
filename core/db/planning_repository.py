"""What the planner reads and writes: due schedules with the report version they send, and unfinished work to wake."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import ReportRow, ReportVersionRow, ScheduleRow
from core.domain.schedule import Misfire, Recipient
from core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSchedule:
    """A schedule with the newest version of its report, as a run copies them. `config` is the stored JSON."""

    id: UUID
    organization_id: UUID
    owner_id: UUID
    report_id: UUID
    report_name: str
    report_version: int
    definition: dict[str, Any]
    definition_sha256: str
    config: dict[str, Any]
    recipients: tuple[Recipient, ...]
    formats: tuple[str, ...]
    email_subject: str | None
    email_body: str | None
    report_parameters: dict[str, Any]
    file_options: dict[str, Any]
    terms: dict[str, Any]
    misfire: Misfire
    next_run_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """A run or a delivery that nobody works on although its time has come."""

    kind: str  #: "run" or "delivery"
    id: UUID
    organization_id: UUID


def due_schedules(session: Session, now: datetime, maximum: int) -> tuple[tuple[UUID, UUID], ...]:
    """Return (schedule, organization) of the longest-due schedules; needs no organization context."""
    statement = text("SELECT schedule_id, organization_id FROM due_schedules(:now, :maximum)")
    rows = session.execute(statement, {"now": now, "maximum": maximum})
    return tuple((row.schedule_id, row.organization_id) for row in rows)


def open_work(session: Session, now: datetime, maximum: int) -> tuple[OpenWork, ...]:
    """Return work that waits for nobody, the oldest first; needs no organization context."""
    statement = text("SELECT kind, id, organization_id FROM open_work(:now, :maximum)")
    rows = session.execute(statement, {"now": now, "maximum": maximum}).mappings()
    return tuple(OpenWork(**row) for row in rows)


def forget_orphaned_jobs(session: Session) -> None:
    """Delete wake-ups whose worker died with them in hand; what they spoke of was woken again by the sweep."""
    session.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL"))


def lock_due_schedule(session: Session, schedule_id: UUID, now: datetime) -> PlannedSchedule | None:
    """Take a schedule for this transaction; None where another planner has it or it is not due any more."""
    statement = (
        _select_planned()
        .where(ScheduleRow.id == schedule_id, ScheduleRow.is_active.is_(True), ScheduleRow.next_run_at <= now)
        .with_for_update(of=ScheduleRow, skip_locked=True)
    )
    row = session.execute(statement).mappings().first()
    return None if row is None else _planned(row)


def load_planned_schedule(session: Session, schedule_id: UUID) -> PlannedSchedule:
    """Return a schedule as a run copies it; raises NotFound, also where its report was archived."""
    row = session.execute(_select_planned().where(ScheduleRow.id == schedule_id)).mappings().first()
    if row is None:
        raise NotFound("This schedule does not exist, its report was archived, or you may not see it.")
    return _planned(row)


def schedule_name_and_config(session: Session, schedule_id: UUID) -> tuple[str, dict[str, Any]] | None:
    """Return what a schedule is called and its stored recurrence; None where it was deleted since."""
    row = session.execute(select(ScheduleRow.name, ScheduleRow.config).where(ScheduleRow.id == schedule_id)).first()
    return None if row is None else (row.name, row.config)


def advance(session: Session, schedule_id: UUID, next_run_at: datetime | None) -> None:
    """Move a schedule to its next slot; None: it has no more."""
    session.execute(update(ScheduleRow).where(ScheduleRow.id == schedule_id).values(next_run_at=next_run_at))


def _select_planned() -> Select[Any]:
    return (
        select(
            ScheduleRow.id,
            ScheduleRow.organization_id,
            ScheduleRow.owner_id,
            ScheduleRow.report_id,
            ReportRow.name.label("report_name"),
            ReportRow.version.label("report_version"),
            ReportVersionRow.definition,
            ReportVersionRow.definition_sha256,
            ScheduleRow.config,
            ScheduleRow.recipients,
            ScheduleRow.formats,
            ScheduleRow.email_subject,
            ScheduleRow.email_body,
            ScheduleRow.report_parameters,
            ScheduleRow.file_options,
            ScheduleRow.terms,
            ScheduleRow.misfire,
            ScheduleRow.next_run_at,
        )
        .join(ReportRow, ReportRow.id == ScheduleRow.report_id)
        .join(
            ReportVersionRow,
            (ReportVersionRow.report_id == ReportRow.id) & (ReportVersionRow.version == ReportRow.version),
        )
        .where(ReportRow.archived_at.is_(None))
    )


def _planned(row: RowMapping) -> PlannedSchedule:
    return PlannedSchedule(
        **{
            **row,
            "recipients": tuple(Recipient(**recipient) for recipient in row["recipients"]),
            "formats": tuple(row["formats"]),
            "misfire": Misfire(row["misfire"]),
        }
    )
