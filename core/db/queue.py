"""The queue of wake-ups: procrastinate on the product's own database, jobs deferred together with the rows they name.

A job only means "advance this run" or "advance this delivery": losing one costs time (the sweep finds the work), a
second one costs nothing (the ledger fences). The daemon registers what the two tasks do. procrastinate is loaded when
the first job is deferred: no start waits for it.
"""

import functools
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from core.db.migrate import driver_connection

if TYPE_CHECKING:
    from procrastinate import App

RUN_QUEUE = "runs"
DELIVERY_QUEUE = "deliveries"
RUN_TASK = "run"
DELIVERY_TASK = "deliver"


def defer_run(session: Session, run_id: UUID, *, at: datetime | None = None) -> None:
    """Wake a worker for a run once this transaction commits, not before `at`."""
    _defer(session, task=RUN_TASK, queue=RUN_QUEUE, argument="run_id", row_id=run_id, at=at)


def defer_delivery(session: Session, delivery_id: UUID, *, at: datetime | None = None) -> None:
    """Wake a worker for a delivery once this transaction commits, not before `at`."""
    _defer(session, task=DELIVERY_TASK, queue=DELIVERY_QUEUE, argument="delivery_id", row_id=delivery_id, at=at)


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


def _defer(session: Session, *, task: str, queue: str, argument: str, row_id: UUID, at: datetime | None) -> None:
    from procrastinate.exceptions import AlreadyEnqueued

    # A job that waits for a later moment must not swallow a wake-up for now, so the moment is part of the lock.
    lock = f"{task}:{row_id}" if at is None else f"{task}:{row_id}:{at.isoformat()}"
    connection = session.connection()
    deferrer = _deferring().configure_task(
        task,
        queue=queue,
        queueing_lock=lock,
        schedule_at=at,
        connection=driver_connection(connection),
    )
    try:
        # The conflict of a queueing lock aborts the transaction it happens in: keep it to a savepoint.
        with connection.begin_nested():
            deferrer.defer(**{argument: str(row_id)})
    except AlreadyEnqueued:
        return
