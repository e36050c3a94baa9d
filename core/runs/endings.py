"""Endings that are no failures: a run put off without an attempt, skipped by its terms, or held for approval."""

from datetime import datetime
from typing import Any

from sqlalchemy import null
from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import run_repository
from core.db.database import Database
from core.db.queue import defer_run
from core.db.run_repository import LedgerRun
from core.domain.run import RunState
from core.errors import RunCancelled


class Endings:
    """Takes a claimed run to another state, fenced by its lease. Raises LeaseLost, and RunCancelled where asked to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def wait(self, run: LedgerRun, until: datetime, words: str) -> None:
        """Put a run off until then; the attempt does not count."""
        with self._database.organization(run.organization_id) as session:
            self._change(
                session,
                run,
                RunState.WAITING,
                message=words,
                next_attempt_at=until,
                waiting_for=words,
                attempt=run.attempt - 1,
            )
            defer_run(session, run.id, at=until)

    def skip(self, session: Session, run: LedgerRun, reason: str) -> None:
        """End a run whose terms say that nothing is sent."""
        self._change(session, run, RunState.SKIPPED, message=reason, waiting_for=None)

    def hold(self, session: Session, run: LedgerRun, because: str) -> None:
        """Leave a run with its files to its owner's approval."""
        self._change(session, run, RunState.HELD, message=because)

    def _change(self, session: Session, run: LedgerRun, to: RunState, *, message: str, **columns: Any) -> None:
        if run_repository.load_ledger_run(session, run.id, lock=True).cancel_requested_at is not None:
            raise RunCancelled
        run_repository.change_state(
            session,
            run.lease(),
            expected=RunState.RUNNING,
            to=to,
            at=self._clock.now(),
            message=message,
            **{"lease_until": None, "progress": null(), **columns},
        )
