"""Recovery: finds runs and deliveries that nobody works on any more, and wakes them or ends them."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from core.clock import Clock
from core.db import delivery_repository, planning_repository, run_repository
from core.db.database import Database
from core.db.delivery_repository import OutboxRow
from core.db.planning_repository import OpenWork
from core.db.queue import defer_delivery, defer_run, defer_runs, jobs_for, waiting_delivery_jobs, waiting_run_jobs
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind
from core.errors import DatabaseUnavailable, LeaseLost
from core.runs.clock_watch import ClockWatch
from core.runs.delivery_line import go_on
from core.runs.ledger import LEASE, Ledger
from core.runs.outbox import Outbox

logger = logging.getLogger(__name__)

#: Deliveries for which workers are woken at once: a job sends others of its run as well.
_MOST_JOBS = 100


class Recovery:
    """Sweeps; any number of daemons may do so at the same time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        ledger: Ledger,
        outbox: Outbox,
        batch: int = 500,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ledger = ledger
        self._outbox = outbox
        self._batch = batch
        self._watch = ClockWatch(clock)
        self._patient_until = clock.elapsed()

    def sweep(self) -> int:
        """Wake or end everything whose lease has passed or whose time has come; returns how much that was."""
        mended = 0
        if self._is_steady():
            with self._database.installation() as session:
                found = planning_repository.open_work(session, self._clock.now(), self._batch)
            for work in found:
                if work.kind == "run":
                    self._safely(partial(self._mend_run, work), kind="run", found=work.id)
            self._mend_deliveries([work for work in found if work.kind != "run"])
            mended = len(found)
        return mended + self._wake_line()

    def _is_steady(self) -> bool:
        """Whether leases mean what they say: once the clock was set, whoever lives gets one lease to renew his."""
        if self._watch.jumped_by():
            logger.warning("clock_was_set")
            self._patient_until = self._clock.elapsed() + LEASE.total_seconds()
        return self._clock.elapsed() >= self._patient_until

    def _wake_line(self) -> int:
        """Queue the jobs that the line lacks; returns how many. Says what runs wait for whose source is read enough."""
        now = self._clock.now()
        with self._database.installation() as session:
            planning_repository.say_who_waits(session, now, self._batch)
            ready = planning_repository.ready_runs(session, now, self._batch)
            queued = waiting_run_jobs(session, jobs_for(len(ready)))
            return defer_runs(session, ready, priority=RunKind.SCHEDULED.priority, queued=queued)

    def _safely(self, mend: Callable[[], None], *, kind: str, found: UUID) -> None:
        """One thing that cannot be mended must not hold up the others."""
        try:
            mend()
        except DatabaseUnavailable:
            raise
        except LeaseLost:
            logger.info("sweep_too_late kind=%s id=%s", kind, found)
        except Exception:
            logger.exception("sweep_failed kind=%s id=%s", kind, found)

    def _mend_run(self, work: OpenWork) -> None:
        with self._database.organization(work.organization_id) as session:
            run = run_repository.load_ledger_run(session, work.id, lock=True)
            if not self._ledger.end_if_over(session, run):
                defer_run(session, work.id, priority=run.priority)

    def _mend_deliveries(self, found: Sequence[OpenWork]) -> None:
        """Make those unknown whose sender went silent, and wake workers for the others."""
        theirs = defaultdict(list)
        for work in found:
            theirs[work.organization_id].append(work.id)
        for organization_id, ids in theirs.items():
            with self._database.organization(organization_id) as session:
                rows = delivery_repository.load_outbox_rows(session, ids)
            for row in rows:
                if row.state is DeliveryState.SENDING:
                    self._safely(partial(self._lapse, row), kind="delivery", found=row.id)
            self._wake(organization_id, _to_wake(rows))

    def _lapse(self, row: OutboxRow) -> None:
        """Its worker died, and with it a job that was good for others of the run as well."""
        if self._outbox.lapse(row):
            go_on(self._database, row.organization_id, row.run_id, row.id)

    def _wake(self, organization_id: UUID, ids: Sequence[UUID]) -> None:
        """Queue the jobs that a line of deliveries lacks. Those that have one may be many, and wait their turn."""
        if not ids:
            return
        with self._database.organization(organization_id) as session:
            for delivery_id in ids[: _MOST_JOBS - waiting_delivery_jobs(session, _MOST_JOBS)]:
                defer_delivery(session, delivery_id)


def _to_wake(rows: Sequence[OutboxRow]) -> list[UUID]:
    """Which deliveries get a job: each that waited for its moment, and one for all that nobody of their run began."""
    found: dict[object, UUID] = {}
    for row in rows:
        if row.state is not DeliveryState.SENDING:
            found.setdefault(row.run_id if row.state is DeliveryState.PENDING else row.id, row.id)
    return list(found.values())
