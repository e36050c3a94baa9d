"""Recovery: finds runs and deliveries that nobody works on any more, and wakes them or ends them."""

import logging

from core.clock import Clock
from core.db import delivery_repository, planning_repository, run_repository
from core.db.database import Database
from core.db.planning_repository import OpenWork
from core.db.queue import defer_delivery, defer_run, defer_runs, jobs_for, waiting_run_jobs
from core.domain.run import RunKind
from core.errors import DatabaseUnavailable, LeaseLost
from core.runs.clock_watch import ClockWatch
from core.runs.ledger import LEASE, Ledger
from core.runs.outbox import Outbox

logger = logging.getLogger(__name__)


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
                self._mend_safely(work)
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

    def _mend_safely(self, work: OpenWork) -> None:
        """One thing that cannot be mended must not hold up the others."""
        try:
            if work.kind == "run":
                self._mend_run(work)
            else:
                self._mend_delivery(work)
        except DatabaseUnavailable:
            raise
        except LeaseLost:
            logger.info("sweep_too_late kind=%s id=%s", work.kind, work.id)
        except Exception:
            logger.exception("sweep_failed kind=%s id=%s", work.kind, work.id)

    def _mend_run(self, work: OpenWork) -> None:
        with self._database.organization(work.organization_id) as session:
            run = run_repository.load_ledger_run(session, work.id, lock=True)
            if not self._ledger.end_if_over(session, run):
                defer_run(session, work.id, priority=run.priority)

    def _mend_delivery(self, work: OpenWork) -> None:
        with self._database.organization(work.organization_id) as session:
            row = delivery_repository.load_outbox_row(session, work.id)
        if self._outbox.lapse(row):
            return
        with self._database.organization(work.organization_id) as session:
            defer_delivery(session, work.id)
