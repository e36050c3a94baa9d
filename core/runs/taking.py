"""Taking: what a worker does with a wake-up. It carries out the runs that are next in line, whoever was woken for."""

import logging
import threading
from collections.abc import Callable
from uuid import UUID

from core.db.database import Database
from core.db.queue import RUNS_PER_JOB, defer_run, waiting_run_jobs
from core.db.run_repository import LedgerRun
from core.errors import DatabaseUnavailable
from core.runs.ledger import Ledger
from core.runs.pipeline import Pipeline
from core.runs.sharing import Sharing

logger = logging.getLogger(__name__)


class Taking:
    """Carries out runs one after another, until the line is empty, its share is done or the daemon stops."""

    def __init__(
        self,
        database: Database,
        *,
        ledger: Ledger,
        sharing: Sharing,
        pipeline: Pipeline,
        deliver: Callable[[UUID, UUID], None],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._sharing = sharing
        self._pipeline = pipeline
        self._deliver = deliver
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Take no more runs; those under way go on."""
        self._stopping.set()

    def take(self, woken_for: UUID) -> None:
        """Carry out the run woken for if its worker went silent, then what is next in line."""
        try:
            self._take(woken_for)
        except DatabaseUnavailable:
            logger.warning("line_left_to_recovery run=%s", woken_for)
        finally:
            self._ledger.dispatch.drain()

    def _take(self, woken_for: UUID) -> None:
        lapsed = self._ledger.claim(woken_for, only_lapsed=True)
        if lapsed is not None:
            self._carry_out(lapsed)
        for _ in range(RUNS_PER_JOB):
            if self._stopping.is_set():
                break
            run = self._next()
            if run is None:
                return
            self._carry_out(run)
        with self._database.installation() as session:
            # There may be more, whose jobs came while their source took no more readers.
            if not waiting_run_jobs(session, 1):
                defer_run(session, woken_for)

    def _next(self) -> LedgerRun | None:
        """The next run; what this process gathered counts as reading its source until it is settled."""
        run = self._ledger.claim_next()
        while run is None and not self._stopping.is_set() and self._ledger.dispatch.drain():
            run = self._ledger.claim_next()
        return run

    def _carry_out(self, run: LedgerRun) -> None:
        ready = self._sharing.begin(run)
        if ready is None:
            return
        self._pipeline.carry_out(ready)
        for delivery_id in self._ledger.dispatch.at_hand(run.id):
            self._deliver(delivery_id, run.organization_id)
