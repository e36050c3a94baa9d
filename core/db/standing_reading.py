"""What tells how a run stands: its place in the queue, who works, and how long runs like it took."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from core.db import quota_repository
from core.db.tables import DaemonRow, RunRow
from core.domain.quota import Quota
from core.domain.run import Run, RunState

_READY = ("pending", "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run stands among the others of its organization."""

    next_attempt_at: datetime | None
    lease_until: datetime | None
    before: int  #: runs that wait and are taken first
    running: int  #: runs that a worker holds
    daemon_seen_at: datetime | None  #: when a daemon was last heard of
    full_at: int | None = None  #: how many runs the organization may have under way, where it has as many


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What a run like it took."""

    seconds: float
    rows: int | None


#: What is counted of one person does not matter here.
_NOBODY = UUID(int=0)
_OTHER = aliased(RunRow)  # made once, since an alias costs milliseconds


def place_of(session: Session, run_id: UUID, now: datetime) -> Place:
    """Return where a run that is known to be there stands."""
    order = (-RunRow.priority, RunRow.created_at, RunRow.id)
    before = (
        select(func.count())
        .where(
            _OTHER.id != RunRow.id,
            _OTHER.finished_at.is_(None),
            _OTHER.state.in_(_READY),
            or_(_OTHER.next_attempt_at.is_(None), _OTHER.next_attempt_at <= now),
            tuple_(-_OTHER.priority, _OTHER.created_at, _OTHER.id) < tuple_(*order),
        )
        .correlate(RunRow)
        .scalar_subquery()
    )
    running = (
        select(func.count())
        .where(_OTHER.finished_at.is_(None), _OTHER.state == str(RunState.RUNNING), _OTHER.lease_until > now)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            RunRow.next_attempt_at,
            RunRow.lease_until,
            before.label("before"),
            running.label("running"),
            select(func.max(DaemonRow.seen_at)).scalar_subquery().label("daemon_seen_at"),
        ).where(RunRow.id == run_id)
    ).mappings()
    return Place(**row.one(), full_at=_full_at(session, run_id, now))


def _full_at(session: Session, run_id: UUID, now: datetime) -> int | None:
    asked = select(func.quota_of(RunRow.organization_id, str(Quota.RUNS_AT_ONCE))).where(RunRow.id == run_id)
    most: int | None = session.execute(asked).scalar_one()
    if most is None:
        return None
    return most if quota_repository.load_usage(session, _NOBODY, now=now).running >= most else None


def past_runs(session: Session, run: Run, *, maximum: int) -> tuple[PastRun, ...]:
    """Return what the newest completed runs of the same schedule, or else report, took in the same formats."""
    if run.schedule_id is None and run.report_id is None:
        return ()
    same = RunRow.report_id == run.report_id if run.schedule_id is None else RunRow.schedule_id == run.schedule_id
    seconds = sum((func.coalesce(column, 0.0) for column in (RunRow.render_s, RunRow.deliver_s)), start=RunRow.query_s)
    rows = session.execute(
        select(seconds.label("seconds"), RunRow.rows_delivered.label("rows"))
        .where(
            same,
            RunRow.id != run.id,
            RunRow.state == str(RunState.COMPLETED),
            RunRow.query_s.is_not(None),
            RunRow.formats == list(run.formats),
        )
        .order_by(RunRow.created_at.desc())
        .limit(maximum)
    ).mappings()
    return tuple(PastRun(**row) for row in rows)
