"""Claims: when a run may be taken by a worker, the taking itself, and what is said of one that none finished."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import null
from sqlalchemy.orm import Session

from core.db import run_repository
from core.db.run_repository import LedgerRun
from core.domain.run import RunState, RunStep

#: Longer than any lease.
_FAR = timedelta(minutes=5)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def is_claimable(run: LedgerRun, now: datetime) -> bool:
    """Whether no worker holds a run and its time has come."""
    if run.state is RunState.PENDING:
        return True
    if run.state is RunState.WAITING:
        return run.next_attempt_at is None or run.next_attempt_at <= now
    # While a run delivers it has no lease: its deliveries carry it.
    return run.state is RunState.RUNNING and run.step is not RunStep.DELIVERING and has_lapsed(run.lease_until, now)


def has_lapsed(lease_until: datetime | None, now: datetime) -> bool:
    """Whether nobody keeps a lease alive.

    One that ends far from now was given before the clock was set back: whoever lives has renewed it since.
    """
    return lease_until is None or not now < lease_until <= now + _FAR


def take(session: Session, run: LedgerRun, *, now: datetime, lease: timedelta) -> LedgerRun:
    """Give a claimable run, locked by this transaction, to this process under a new lease token."""
    claimed = replace(
        run,
        state=RunState.RUNNING,
        lease_token=run.lease_token + 1,
        lease_until=now + lease,
        attempt=run.attempt + 1,
        started_at=run.started_at or now,
        next_attempt_at=None,
    )
    run_repository.change_state(
        session,
        run.lease(),
        expected=run.state,
        to=RunState.RUNNING,
        at=now,
        message=f"Attempt {claimed.attempt} started.",
        lease_token=claimed.lease_token,
        lease_until=claimed.lease_until,
        attempt=claimed.attempt,
        started_at=claimed.started_at,
        next_attempt_at=None,
        waiting_for=None,
        error_code=None,
        error_message=None,
        progress=null(),
    )
    return claimed


def stopped_in_words(attempts: int) -> str:
    """What is said of a run whose every attempt ended without a word."""
    count = _NUMBERS[attempts] if attempts < len(_NUMBERS) else str(attempts)
    return f"It stopped {count} {'time' if attempts == 1 else 'times'} without an answer."
