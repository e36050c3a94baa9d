"""Runs that share their work: the one that has the files or makes them, and those that wait for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, or_, select, tuple_, update
from sqlalchemy.orm import Session

from core.db.run_repository import LedgerRun
from core.db.tables import ArtifactRow, RunRow
from core.domain.run import RunState, RunStep

#: What is said of a run that waits for its sibling's files.
WAITS_FOR_SIBLING = "Waiting for another run of the same report, which is being made now."
#: Rows read longer than this before a run was made are not its rows.
_SHARED_WITHIN = timedelta(minutes=1)
_WITH_FILES = (RunStep.RENDERED, RunStep.DELIVERING, RunStep.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """A run that asks the same; `columns` are what another one may take over where it has files."""

    id: UUID
    has_files: bool
    columns: dict[str, Any]


def find_sibling(session: Session, run: LedgerRun, now: datetime) -> Sibling | None:
    """Return a run that asks the same and has the files, else one that is being made and came first."""
    files = select(ArtifactRow.id).where(ArtifactRow.run_id == RunRow.id)
    has_files = and_(
        RunRow.step.in_(_WITH_FILES),
        RunRow.state.in_([str(s) for s in (RunState.RUNNING, RunState.COMPLETED, RunState.PARTIAL)]),
        exists(files),
        ~exists(files.where(ArtifactRow.deleted_at.is_not(None))),
    )
    is_made = and_(
        RunRow.state == str(RunState.RUNNING),
        RunRow.step.not_in(_WITH_FILES),
        RunRow.lease_until > now,
        tuple_(RunRow.started_at, RunRow.id) < tuple_(run.started_at, run.id),
    )
    statement = (
        select(RunRow.id, has_files.label("has_files"), *_TAKEN_OVER)
        .where(
            RunRow.share_key == run.share_key,
            RunRow.id != run.id,
            RunRow.started_at >= run.created_at - _SHARED_WITHIN,
            or_(has_files, is_made),
        )
        .order_by(has_files.desc(), RunRow.started_at)
        .limit(1)
    )
    row = session.execute(statement).mappings().first()
    if row is None:
        return None
    return Sibling(
        id=row["id"], has_files=row["has_files"], columns={column.key: row[column.key] for column in _TAKEN_OVER}
    )


def wake_siblings(session: Session, share_key: str) -> tuple[UUID, ...]:
    """Put the runs that wait for a sibling's files back in line; returns them."""
    return tuple(session.execute(_WAKE, {"of_key": share_key}).scalars())


_RUNS: Any = RunRow.__table__
_WAKE = (
    update(_RUNS)
    .where(
        _RUNS.c.share_key == bindparam("of_key", type_=_RUNS.c.share_key.type),
        _RUNS.c.state == str(RunState.WAITING),
        _RUNS.c.waiting_for == WAITS_FOR_SIBLING,
    )
    .values(next_attempt_at=None)
    .returning(_RUNS.c.id)
)
_TAKEN_OVER = (RunRow.result_head, RunRow.rows_matched, RunRow.rows_delivered, RunRow.fingerprint)
