"""Runs as people and the API see them: one with its files, deliveries and timeline, or a page of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from core.db.artifact_repository import list_artifacts
from core.db.delivery_repository import list_deliveries
from core.db.tables import ArtifactRow, DeliveryRow, RunEventRow, RunRow, ScheduleRow
from core.db.visibility import sees_run
from core.domain.artifact import FileLine
from core.domain.dashboard_json import asking, parse_question
from core.domain.definition_json import parse_definition
from core.domain.file_options import parse_file_options
from core.domain.page import Page
from core.domain.run import Run, RunEvent, RunKind, RunState, RunStep, parse_progress
from core.domain.run_filter import RunFilter, RunSort
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
    RunRow.fingerprint.op("-", return_type=JSONB())("keys").label("fingerprint"),
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
    RunRow.burst.is_not(None).label("is_burst"),
)


def load_run(session: Session, run_id: UUID) -> Run:
    """Return a run with its artifacts, deliveries and events; raises NotFound."""
    row = session.execute(_select_runs().where(RunRow.id == run_id, sees_run())).mappings().first()
    if row is None:
        raise NotFound("This run does not exist, or you may not see it.")
    return _run(
        row,
        artifacts=list_artifacts(session, run_id),
        deliveries=() if row["is_burst"] else list_deliveries(session, run_id),
        events=_events(session, run_id, is_short=row["is_burst"]),
        delivery_counts=_delivery_counts(session, [run_id]).get(run_id, {}) if row["is_burst"] else {},
    )


def load_runs(session: Session, ids: Collection[UUID]) -> tuple[Run, ...]:
    """Return runs without their files and deliveries, by the moment they stand for."""
    rows = session.execute(_select_runs().where(RunRow.id.in_(ids)).order_by(RunRow.logical_at, RunRow.id)).mappings()
    return tuple(_run(row) for row in rows)


def list_runs(session: Session, wanted: RunFilter, *, page: int, limit: int) -> Page[Run]:
    """Return runs with the names of their files and how many deliveries stand where, without the rest of both."""
    conditions = [sees_run(), *_conditions(wanted)]
    total = session.execute(select(func.count()).select_from(RunRow).where(*conditions)).scalar_one()
    rows = session.execute(
        _select_runs()
        .where(*conditions)
        .order_by(*_ORDERS[wanted.sort], RunRow.id)
        .limit(limit)
        .offset((page - 1) * limit)
    ).mappings()
    runs = [_run(row) for row in rows]
    ids = [run.id for run in runs]
    files, counts = _files(session, ids), _delivery_counts(session, ids)
    items = (replace(run, files=files.get(run.id, ()), delivery_counts=counts.get(run.id, {})) for run in runs)
    return Page(items=tuple(items), total=total, page=page, limit=limit)


_DURATION = (
    func.coalesce(RunRow.query_s, 0.0) + func.coalesce(RunRow.render_s, 0.0) + func.coalesce(RunRow.deliver_s, 0.0)
)
_ORDERS: dict[RunSort, tuple[ColumnElement[Any], ...]] = {
    RunSort.NEWEST: (RunRow.created_at.desc(), RunRow.logical_at.desc()),
    RunSort.OLDEST: (RunRow.created_at.asc(), RunRow.logical_at.asc()),
    RunSort.LATEST_SLOT: (RunRow.logical_at.desc(), RunRow.created_at.desc()),
    RunSort.EARLIEST_SLOT: (RunRow.logical_at.asc(), RunRow.created_at.asc()),
    RunSort.LONGEST: (_DURATION.desc(),),
    RunSort.SHORTEST: (_DURATION.asc(),),
    RunSort.MOST_ROWS: (RunRow.rows_delivered.desc().nulls_last(),),
    RunSort.FEWEST_ROWS: (RunRow.rows_delivered.asc().nulls_last(),),
}


def _conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    given: tuple[tuple[object, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.schedule_id, lambda value: RunRow.schedule_id == value),
        (wanted.report_id, lambda value: RunRow.report_id == value),
        (wanted.dashboard_id, lambda value: RunRow.definition["dashboard_id"].astext == str(value)),
        (wanted.state, lambda value: RunRow.state == str(value)),
        (wanted.kind, lambda value: RunRow.kind == str(value)),
        (wanted.since, lambda value: RunRow.created_at >= value),
        (wanted.until, lambda value: RunRow.created_at < value),
    )
    return [make(value) for value, make in given if value is not None]


def _files(session: Session, run_ids: Collection[UUID]) -> dict[UUID, tuple[FileLine, ...]]:
    """The files of each run, by format."""
    rows = session.execute(
        select(
            ArtifactRow.run_id,
            ArtifactRow.id,
            ArtifactRow.format,
            ArtifactRow.file_name,
            ArtifactRow.size_bytes,
            ArtifactRow.deleted_at,
        )
        .where(ArtifactRow.run_id.in_(run_ids), ArtifactRow.part_id.is_(None))
        .order_by(ArtifactRow.run_id, ArtifactRow.format)
    ).mappings()
    return {
        run_id: tuple(FileLine(**{name: value for name, value in row.items() if name != "run_id"}) for row in of_run)
        for run_id, of_run in groupby(rows, key=lambda row: row["run_id"])
    }


def _delivery_counts(session: Session, run_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """How many deliveries of each run stand where."""
    rows = session.execute(
        select(DeliveryRow.run_id, DeliveryRow.state, func.count().label("number"))
        .where(DeliveryRow.run_id.in_(run_ids))
        .group_by(DeliveryRow.run_id, DeliveryRow.state)
        .order_by(DeliveryRow.run_id, DeliveryRow.state)
    )
    return {
        run_id: {row.state: row.number for row in of_run}
        for run_id, of_run in groupby(rows, key=lambda row: row.run_id)
    }


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


def _events(session: Session, run_id: UUID, *, is_short: bool) -> tuple[RunEvent, ...]:
    """The timeline; where it `is_short`, without the lines that there is one of for each recipient."""
    of_each = or_(
        RunEventRow.name.in_(("sent", "suppressed", "retry")),
        (RunEventRow.name == "failed") & RunEventRow.message.startswith("Not delivered to "),
    )
    shown = (RunEventRow.run_id == run_id, *((~of_each,) if is_short else ()))
    rows = session.execute(
        select(RunEventRow.at, RunEventRow.name, RunEventRow.message).where(*shown).order_by(RunEventRow.id)
    ).mappings()
    return tuple(RunEvent(**{**row, "name": row["name"].partition(":")[0]}) for row in rows)


def _select_runs() -> Select[Any]:
    statement: Select[Any] = select(*_COLUMNS)
    return statement.outerjoin(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)


def _run(row: RowMapping, **parts: Any) -> Run:
    question = parse_question(row["definition"])
    return Run(
        **{
            **row,
            "kind": RunKind(row["kind"]),
            "state": RunState(row["state"]),
            "step": RunStep(row["step"]),
            "definition": parse_definition(row["definition"]) if question is None else asking(question.content),
            "dashboard_id": None if question is None else question.dashboard_id,
            "file_options": parse_file_options(row["file_options"]),
            "progress": row["progress"] and parse_progress(row["progress"]),
            "formats": tuple(row["formats"]),
            "terms": parse_terms(row["terms"]),
        },
        **parts,
    )
