"""The ledger: who may work on a run, what of it is committed, and how it ends. Each write is fenced by the lease token.

Deliveries have rows of their own (`core.runs.outbox`); a run that delivers holds no lease and ends with the last one.
"""

import logging
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import null
from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import delivery_repository, run_repository
from core.db.database import Database
from core.db.queue import defer_run
from core.db.run_repository import LedgerRun
from core.domain.delivery import DeliveryState
from core.domain.moments import instant_words
from core.domain.run import RunProgress, RunState, RunStep, dump_progress
from core.domain.schedule import Recipient
from core.errors import BroadsheetError, Conflict, DatabaseUnavailable, LeaseLost, RunCancelled
from core.runs.addressing import leave_out, left_out_words, resolve
from core.runs.claims import end_of_deliveries, is_claimable, sending_words, stopped_in_words, take, wake_siblings
from core.runs.dispatch import Dispatch
from core.runs.guard import Guard
from core.runs.retry import Jitter, run_wait

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
#: Seconds between two beats, at most: so long does a person's cancel wait, and so old is the progress people see.
BEAT_S = 1.0
UNEXPECTED = "Something went wrong inside Broadsheet. The details are in the daemon's log."
CANCELLED_BEFORE = "The run was cancelled before this was sent."
_HAS_FILES = (RunStep.RENDERED, RunStep.DELIVERING)
_NO_PROGRESS: dict[str, Any] = {"progress": null()}


class Ledger:
    """Claims runs for this process and writes their progress."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        max_attempts: int,
        timeout: timedelta,
        lease: timedelta = LEASE,
        jitter: Jitter = random.random,
        dispatch: Dispatch | None = None,
    ) -> None:
        self.dispatch = dispatch or Dispatch()
        self._database = database
        self._clock = clock
        self._max_attempts = max_attempts
        self._timeout = timeout
        self._lease = lease
        self._jitter = jitter
        self._held: dict[UUID, tuple[LedgerRun, Guard]] = {}
        self._lock = threading.Lock()

    def claim(self, run_id: UUID, *, only_lapsed: bool = False) -> LedgerRun | None:
        """Take the run with a new lease token; None where it is not to be worked on now.

        `only_lapsed`: only if it is one whose worker went silent.
        """
        with self._database.installation() as session:
            organization_id = run_repository.organization_of_run(session, run_id)
        if organization_id is None:
            return None
        with self._database.organization(organization_id) as session:
            run = run_repository.load_ledger_run(session, run_id, lock=True)
            if only_lapsed and run.state is not RunState.RUNNING:
                return None
            return self._take(session, run)

    def claim_next(self) -> LedgerRun | None:
        """Take the run that is next in line and whose source takes another reader; None where there is none."""
        while True:
            with self._database.installation() as session:
                run_id = run_repository.lock_next_run(session, self._clock.now())
                if run_id is None:
                    return None
                claimed = self._take(session, run_repository.load_ledger_run(session, run_id))
            if claimed is not None:
                return claimed

    def _take(self, session: Session, run: LedgerRun) -> LedgerRun | None:
        now = self._clock.now()
        if not is_claimable(run, now) or self.end_if_over(session, run):
            return None
        return take(session, run, now=now, lease=self._lease)

    @contextmanager
    def hold(self, run: LedgerRun) -> Iterator[Guard]:
        """Keep a claimed run's lease alive inside the block; the guard says when to stop."""
        lease = run.lease()

        def renew() -> tuple[datetime, datetime | None]:
            until = self._clock.now() + self._lease
            with self._database.organization(lease.organization_id) as session:
                return run_repository.extend_lease(session, lease, until)

        def tell(progress: RunProgress) -> None:
            with self._database.organization(lease.organization_id) as session:
                run_repository.update_running(session, lease, progress=dump_progress(progress))

        guard = Guard(
            renew,
            clock=self._clock,
            lease_until=lease.until,
            deadline=self._clock.now() + self._timeout,
            every_s=min(self._lease.total_seconds() / 12, BEAT_S),
            name=str(run.id),
            tell=tell,
        )
        with self._lock:
            self._held[run.id] = (run, guard)
        try:
            with guard:
                yield guard
        finally:
            with self._lock:
                self._held.pop(run.id, None)

    @contextmanager
    def step(self, run: LedgerRun, step: RunStep, *, message: str, **columns: Any) -> Iterator[Session]:
        """Commit a step with what the block writes in its session; raises LeaseLost, and then nothing stays."""
        with self._database.organization(run.organization_id) as session:
            run_repository.commit_step(
                session, run.lease(), step=step, at=self._clock.now(), message=message, **columns
            )
            yield session
            if step is RunStep.RENDERED:
                wake_siblings(session, run)

    def start_deliveries(self, run: LedgerRun, recipients: tuple[Recipient, ...]) -> None:
        """Create the outbox rows and their jobs and give the lease back: from here the deliveries carry the run.

        Raises RunCancelled where a cancel was asked for since the worker looked last; then nothing goes out.
        """
        with self._database.organization(run.organization_id) as session:
            self.start_at_once(session, replace(run, recipients=recipients), ())

    def start_at_once(
        self, session: Session, run: LedgerRun, steps: Sequence[tuple[RunStep, str]], **columns: Any
    ) -> None:
        """The same in a transaction under way, with other steps before it. What raises must undo all of it."""
        to = resolve(session, run.organization_id, run.recipients)
        steps = (*steps, (RunStep.DELIVERING, sending_words(len(to.recipients))))
        columns |= {"lease_until": None, "deliver_s": 0.0, **_NO_PROGRESS}
        asked_at = run_repository.commit_steps(session, run.lease(), steps, at=self._clock.now(), **columns)
        if asked_at is not None:
            raise RunCancelled
        if len(steps) > 1:
            wake_siblings(session, run)
        self.dispatch.create(session, run, to.recipients)
        leave_out(session, run, to, at=self._clock.now())
        if not to.recipients:
            self.settle(session, replace(run, step=RunStep.DELIVERING))

    def complete(self, run: LedgerRun) -> None:
        """End a run that has nothing to deliver."""
        with self._database.organization(run.organization_id) as session:
            if not self._end_if_cancelled(session, run):
                self._end(session, run, RunState.COMPLETED, message="Completed.", step=str(RunStep.DONE))

    def cancelled(self, run: LedgerRun) -> None:
        """End a run that a person cancelled."""
        with self._database.organization(run.organization_id) as session:
            self._end(session, run, RunState.CANCELLED, message="Cancelled.")

    def fail(self, run: LedgerRun, error: Exception) -> None:
        """Put the run off where trying again may help and attempts are left; otherwise end it with the reason."""
        known = error if isinstance(error, BroadsheetError) else BroadsheetError(UNEXPECTED)
        code = known.code if known is error else "unexpected"
        reason = {"error_code": code, "error_message": known.user_message}
        with self._database.organization(run.organization_id) as session:
            if self._end_if_cancelled(session, run):
                return
            current = run_repository.load_ledger_run(session, run.id, lock=True)
            if not (known.retryable and run.attempt < self._max_attempts):
                ended = RunState.PARTIAL if current.step in _HAS_FILES else RunState.FAILED
                self._end(session, run, ended, message=known.user_message, **reason)
                return
            again_at = self._clock.now() + run_wait(run.attempt, self._jitter)
            words = f"Trying again at {instant_words(again_at, run.definition.get('timezone', 'UTC'))}."
            message = f"{known.user_message} Trying again."
            self._put_back(session, run, again_at, message=message, waiting_for=words, **reason)

    def release_all(self) -> None:
        """Give every run this process holds back to the queue at once; its attempt does not count."""
        with self._lock:
            held = list(self._held.values())
        for run, guard in held:
            guard.lose()
            try:
                with self._database.organization(run.organization_id) as session:
                    if not self._end_if_cancelled(session, run):
                        message = "Handed to another worker: this one is stopping."
                        self._put_back(session, run, self._clock.now(), message=message, attempt=run.attempt - 1)
            except (LeaseLost, DatabaseUnavailable) as error:
                logger.warning("run_not_released run=%s code=%s", run.id, error.code)

    def end_if_over(self, session: Session, run: LedgerRun) -> bool:
        """End a run that no worker holds if it was cancelled or its last allowed attempt stopped without an answer.

        `run` is locked by this transaction.
        """
        if not is_claimable(run, self._clock.now()):
            return False
        if run.cancel_requested_at is not None:
            self._end(session, run, RunState.CANCELLED, message="Cancelled.")
        elif run.attempt >= self._max_attempts:
            self._give_up(session, run)
        else:
            return False
        return True

    def cancel(self, session: Session, run_id: UUID) -> None:
        """Stop a run: at once, or where a worker holds it at its next look. Raises Conflict after the run's end.

        A lease is not extended any more once this was asked for, so a worker that never looks holds the run for one.
        """
        run = run_repository.load_ledger_run(session, run_id, lock=True)
        if run.state.is_final:
            raise Conflict(f"This run has already ended: {run.state}.")
        now = self._clock.now()
        if run.state is not RunState.RUNNING or is_claimable(run, now):
            self._end(session, run, RunState.CANCELLED, message="Cancelled.")
            return
        run_repository.request_cancel(session, run_id, at=now)
        if run.step is not RunStep.DELIVERING:
            return
        for row in delivery_repository.open_outbox_rows(session, run_id):
            if row.state is not DeliveryState.SENDING:
                delivery_repository.change_delivery(
                    session, row, to=DeliveryState.FAILED, error_message=CANCELLED_BEFORE
                )
        self.settle(session, replace(run, cancel_requested_at=now))

    def settle(self, session: Session, run: LedgerRun) -> None:
        """End a delivering run, locked by this transaction, once all its deliveries have ended.

        Call it in the transaction that ended one.
        """
        if delivery_repository.is_any_open(session, run.id):
            return
        counts = delivery_repository.count_states(session, run.id)
        served, left_out = counts.get(DeliveryState.SENT, 0), counts.get(DeliveryState.SUPPRESSED, 0)
        unsent = sum(counts.values()) - served - left_out
        said = left_out_words(session, run.id, served=served, left_out=left_out) if left_out else ""
        if run.state is RunState.PARTIAL and not unsent:
            message = said or "Delivered to everyone after all."
            self._end(session, run, RunState.COMPLETED, message=message, error_code=None, error_message=None)
        if run.state is RunState.RUNNING and run.step is RunStep.DELIVERING:
            to, message, columns = end_of_deliveries(run, unsent=unsent, total=sum(counts.values()), said=said)
            self._end(session, run, to, message=message, **columns)

    def _end_if_cancelled(self, session: Session, run: LedgerRun) -> bool:
        """A person's cancel outranks how the attempt ended."""
        if run_repository.load_ledger_run(session, run.id, lock=True).cancel_requested_at is None:
            return False
        self._end(session, run, RunState.CANCELLED, message="Cancelled.")
        return True

    def _give_up(self, session: Session, run: LedgerRun) -> None:
        message = stopped_in_words(run.attempt)
        ended = RunState.PARTIAL if run.step in _HAS_FILES else RunState.FAILED
        self._end(session, run, ended, message=message, error_code="attempts_used_up", error_message=message)

    def _end(self, session: Session, run: LedgerRun, to: RunState, *, message: str, **columns: Any) -> None:
        columns |= _NO_PROGRESS
        run_repository.change_state(
            session, run.lease(), expected=run.state, to=to, at=self._clock.now(), message=message, **columns
        )

    def _put_back(self, session: Session, run: LedgerRun, again_at: datetime, *, message: str, **columns: Any) -> None:
        run_repository.change_state(
            session,
            run.lease(),
            expected=RunState.RUNNING,
            to=RunState.WAITING,
            at=self._clock.now(),
            message=message,
            lease_until=None,
            next_attempt_at=again_at,
            **_NO_PROGRESS,
            **columns,
        )
        defer_run(session, run.id, at=again_at, priority=run.priority)
