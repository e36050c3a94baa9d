"""Runs as people and the API see them: one with its files, deliveries and timeline, or a page of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, func, select
from sqlalchemy.orm import Session

from core.db.artifact_repository import list_artifacts
from core.db.delivery_repository import list_deliveries
from core.db.tables import DeliveryRow, RunEventRow, RunRow, ScheduleRow
from core.domain.definition_json import parse_definition
from core.domain.file_options import parse_file_options
from core.domain.page import Page
from core.domain.run import Run, RunEvent, RunKind, RunState, RunStep, parse_progress
from core.domain.terms import parse_terms
from core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStats:
    """What waits and what runs in one organization."""

    runs: dict[str, int]  #: unfinished runs by state
    deliveries: dict[str, int]  #: unfinished deliveries by state
    oldest_waiting_since: datetime | None  #: when the longest-waiting run was made


_COLUMNS = (
    RunRow.id,
    RunRow.organization_id,
    RunRow.kind,
    RunRow.state,
    RunRow.step,
    RunRow.schedule_id,
    ScheduleRow.name.label("schedule_name"),
    RunRow.report_id,
    RunRow.title,
    RunRow.report_version,
    RunRow.definition,
    RunRow.parameters,
    RunRow.file_options,
    RunRow.progress,
    RunRow.terms,
    RunRow.fingerprint,
    RunRow.held_because,
    RunRow.is_stale,
    RunRow.waiting_for,
    RunRow.pinned_at,
    RunRow.requested_by,
    RunRow.formats,
    RunRow.logical_at,
    RunRow.scheduled_for,
    RunRow.created_at,
    RunRow.started_at,
    RunRow.finished_at,
    RunRow.attempt,
    RunRow.rows_matched,
    RunRow.rows_delivered,
    RunRow.query_s,
    RunRow.render_s,
    RunRow.deliver_s,
    RunRow.error_code,
    RunRow.error_message,
)


def load_run(session: Session, run_id: UUID) -> Run:
    """Return a run with its artifacts, deliveries and events; raises NotFound."""
    row = session.execute(_select_runs().where(RunRow.id == run_id)).mappings().first()
    if row is None:
        raise NotFound("This run does not exist, or you may not see it.")
    return _run(
        row,
        artifacts=list_artifacts(session, run_id),
        deliveries=list_deliveries(session, run_id),
        events=_events(session, run_id),
    )


def list_runs(
    session: Session,
    *,
    schedule_id: UUID | None,
    report_id: UUID | None,
    state: RunState | None,
    page: int,
    limit: int,
) -> Page[Run]:
    """Return runs without their files and deliveries, the newest first."""
    conditions: list[ColumnElement[bool]] = []
    if schedule_id is not None:
        conditions.append(RunRow.schedule_id == schedule_id)
    if report_id is not None:
        conditions.append(RunRow.report_id == report_id)
    if state is not None:
        conditions.append(RunRow.state == str(state))
    total = session.execute(select(func.count()).select_from(RunRow).where(*conditions)).scalar_one()
    rows = session.execute(
        _select_runs()
        .where(*conditions)
        .order_by(RunRow.created_at.desc(), RunRow.logical_at.desc(), RunRow.id)
        .limit(limit)
        .offset((page - 1) * limit)
    ).mappings()
    return Page(items=tuple(_run(row) for row in rows), total=total, page=page, limit=limit)


def queue_stats(session: Session) -> QueueStats:
    """Return what waits and runs now."""
    runs = session.execute(
        select(RunRow.state, func.count().label("number")).where(RunRow.finished_at.is_(None)).group_by(RunRow.state)
    )
    deliveries = session.execute(
        select(DeliveryRow.state, func.count().label("number"))
        .where(DeliveryRow.state.in_(["pending", "sending", "retry", "unknown"]))
        .group_by(DeliveryRow.state)
    )
    oldest = session.execute(
        select(func.min(RunRow.created_at)).where(RunRow.state == str(RunState.PENDING))
    ).scalar_one()
    return QueueStats(
        runs={row.state: row.number for row in runs},
        deliveries={row.state: row.number for row in deliveries},
        oldest_waiting_since=oldest,
    )


def _events(session: Session, run_id: UUID) -> tuple[RunEvent, ...]:
    rows = session.execute(
        select(RunEventRow.at, RunEventRow.name, RunEventRow.message)
        .where(RunEventRow.run_id == run_id)
        .order_by(RunEventRow.id)
    ).mappings()
    return tuple(RunEvent(**{**row, "name": row["name"].partition(":")[0]}) for row in rows)


def _select_runs() -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS)
    return statement.outerjoin(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)


def _run(row: RowMapping, **parts: Any) -> Run:
    return Run(
        **{
            **row,
            "kind": RunKind(row["kind"]),
            "state": RunState(row["state"]),
            "step": RunStep(row["step"]),
            "definition": parse_definition(row["definition"]),
            "file_options": parse_file_options(row["file_options"]),
            "progress": row["progress"] and parse_progress(row["progress"]),
            "formats": tuple(row["formats"]),
            "terms": parse_terms(row["terms"]),
        },
        **parts,
    )
