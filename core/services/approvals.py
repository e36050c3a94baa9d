"""Approvals: what becomes of a run that is held because its result looks unusual."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import run_reading, run_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.queue import defer_run
from core.db.run_repository import LedgerRun
from core.db.visibility import require_run
from core.domain.access import Permission, Principal
from core.domain.run import Run, RunState
from core.domain.text import check_text
from core.errors import Conflict

MAX_REASON_LENGTH = 500


class ApprovalService:
    """Lets held runs go out, or ends them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def approve(self, principal: Principal, run_id: UUID) -> Run:
        """Deliver a held run's files as they were made. Raises Conflict where it is not held."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            run = _held(session, run_id)
            run_repository.change_state(
                session,
                run.lease(),
                expected=RunState.HELD,
                to=RunState.PENDING,
                at=self._clock.now(),
                message=f"Approved by {principal.name}.",
                held_because=None,
                next_attempt_at=None,
                attempt=0,
            )
            defer_run(session, run_id, priority=run.kind.priority)
            note(session, principal, "run.approved", object_id=run_id, name=run.title)
            return run_reading.load_run(session, run_id)

    def reject(self, principal: Principal, run_id: UUID, because: str = "") -> Run:
        """End a held run: nobody gets it. Raises Conflict where it is not held."""
        require(principal, Permission.MANAGE_SCHEDULES)
        because = check_text(because.strip(), place="because", max_length=MAX_REASON_LENGTH, one_line=True)
        with self._database.person(principal) as session:
            run = _held(session, run_id)
            run_repository.change_state(
                session,
                run.lease(),
                expected=RunState.HELD,
                to=RunState.CANCELLED,
                at=self._clock.now(),
                message=f"Rejected by {principal.name}{f': {because}' if because else '.'}",
            )
            told = {"because": because}
            note(session, principal, "run.rejected", object_id=run_id, name=run.title, after=told)
            return run_reading.load_run(session, run_id)


def _held(session: Session, run_id: UUID) -> LedgerRun:
    require_run(session, run_id)
    run = run_repository.load_ledger_run(session, run_id, lock=True)
    if run.state is not RunState.HELD:
        raise Conflict(f"Only a run that waits for approval can be approved or rejected; this one is {run.state}.")
    return run
