"""The queue of wake-ups: procrastinate on the product's own database, jobs deferred together with the rows they name.

A job only means "there are runs to carry out" or "advance this delivery": losing one costs time (the sweep finds the
work), a second one costs nothing (the ledger fences). Which run comes next is the ledger's matter. The daemon registers
what the two tasks do. procrastinate is loaded when the first job is deferred: no start waits for it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from core.db.migrate import driver_connection

if TYPE_CHECKING:
    from procrastinate import App

RUN_QUEUE = "runs"
DELIVERY_QUEUE = "deliveries"
RUN_TASK = "run"
DELIVERY_TASK = "deliver"
#: How many runs one job lets a worker carry out. A job costs as much as a small run.
RUNS_PER_JOB = 20
#: How many deliveries of a run one job lets a worker send. Then others have their turn.
DELIVERIES_PER_JOB = 25
#: Up to so many runs get a job each.
_ONE_EACH = 16
#: Up to so many deliveries of a run get one. More would keep the workers from everybody else's.
_MOST_OF_A_RUN = 8


def defer_run(session: Session, run_id: UUID, *, at: datetime | None = None, priority: int = 0) -> None:
    """Wake a worker for a run once this transaction commits, not before `at`."""
    _defer(session, _Job(task=RUN_TASK, queue=RUN_QUEUE, argument="run_id", row_id=run_id, at=at, priority=priority))


def defer_delivery(session: Session, delivery_id: UUID, *, at: datetime | None = None, priority: int = 0) -> None:
    """Wake a worker for a delivery once this transaction commits, not before `at`."""
    _defer(
        session,
        _Job(
            task=DELIVERY_TASK,
            queue=DELIVERY_QUEUE,
            argument="delivery_id",
            row_id=delivery_id,
            at=at,
            priority=priority,
        ),
    )


def defer_deliveries(session: Session, delivery_ids: Sequence[UUID], *, priority: int) -> None:
    """Wake workers for deliveries of one run that were made in this transaction: a job is good for several of them."""
    if not delivery_ids:
        return
    deferrer = _deferring().configure_task(
        DELIVERY_TASK, queue=DELIVERY_QUEUE, priority=priority, connection=driver_connection(session.connection())
    )
    jobs: list[dict[str, Any]] = [{"delivery_id": str(one)} for one in delivery_ids[:_MOST_OF_A_RUN]]
    deferrer.batch_defer(*jobs)


def defer_runs(session: Session, run_ids: Sequence[UUID], *, priority: int, queued: int = 0) -> int:
    """Wake workers for many runs: a job is good for several of them. Returns how many jobs that took.

    `queued`: how many jobs there are already that can do.
    """
    count = max(jobs_for(len(run_ids)) - queued, 0)
    if not count:
        return 0
    deferrer = _deferring().configure_task(
        RUN_TASK, queue=RUN_QUEUE, priority=priority, connection=driver_connection(session.connection())
    )
    jobs: list[dict[str, Any]] = [{"run_id": str(run_id)} for run_id in run_ids[:count]]
    deferrer.batch_defer(*jobs)
    return count


def jobs_for(runs: int) -> int:
    """Return how many jobs it takes to have `runs` carried out: one each for a few, so that all workers have some."""
    return min(runs, max(_ONE_EACH, -(-runs // RUNS_PER_JOB)))


def waiting_run_jobs(session: Session, maximum: int) -> int:
    """Return how many jobs for runs no worker has taken yet, up to `maximum`; those for a later moment do not count."""
    return _waiting_jobs(session, RUN_QUEUE, maximum)


def waiting_delivery_jobs(session: Session, maximum: int) -> int:
    """The same of jobs for deliveries."""
    return _waiting_jobs(session, DELIVERY_QUEUE, maximum)


def _waiting_jobs(session: Session, queue: str, maximum: int) -> int:
    statement = text(
        "SELECT count(*) FROM (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = :queue "
        "AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT :maximum) waiting"
    )
    count: int = session.execute(statement, {"queue": queue, "maximum": maximum}).scalar_one()
    return count


def worker_app(url: URL, *, max_connections: int = 6) -> "App":
    """Return the app that a daemon opens, registers its tasks on and works for; it connects when it is opened."""
    from procrastinate import App, PsycopgConnector
    from procrastinate.connector import BaseConnector

    connector: BaseConnector = PsycopgConnector(
        conninfo=url.set(drivername="postgresql").render_as_string(hide_password=False), max_size=max_connections
    )
    return App(connector=connector)


@functools.cache
def _deferring() -> "App":
    """Defers without a pool of its own: every job goes through the caller's connection."""
    from procrastinate import App, SyncPsycopgConnector

    return App(connector=SyncPsycopgConnector())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    task: str
    queue: str
    argument: str
    row_id: UUID
    at: datetime | None
    priority: int

    @property
    def queueing_lock(self) -> str:
        """A job that waits for a later moment must not swallow a wake-up for now, so the moment is part of the lock."""
        lock = f"{self.task}:{self.row_id}"
        return lock if self.at is None else f"{lock}:{self.at.isoformat()}"


def _defer(session: Session, job: _Job) -> None:
    from procrastinate.exceptions import AlreadyEnqueued

    connection = session.connection()
    deferrer = _deferring().configure_task(
        job.task,
        queue=job.queue,
        queueing_lock=job.queueing_lock,
        schedule_at=job.at,
        priority=job.priority,
        connection=driver_connection(connection),
    )
    try:
        # The conflict of a queueing lock aborts the transaction it happens in: keep it to a savepoint.
        with connection.begin_nested():
            deferrer.defer(**{job.argument: str(job.row_id)})
    except AlreadyEnqueued:
        return
