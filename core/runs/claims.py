"""Claims: when a run may be taken by a worker, the taking itself, and who is woken and what is said on the way."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import null
from sqlalchemy.orm import Session

from core.db import run_repository, sharing_repository
from core.db.queue import defer_runs
from core.db.run_repository import LedgerRun
from core.domain.run import RunState, RunStep

#: Longer than any lease.
_FAR = timedelta(minutes=5)
_FAILED = "delivery_failed"
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


def sending_words(recipients: int) -> str:
    """What is said of a run whose deliveries begin."""
    return f"Sending to {recipients} {'recipient' if recipients == 1 else 'recipients'}."


def end_of_deliveries(
    run: LedgerRun, *, unsent: int, total: int, said: str = ""
) -> tuple[RunState, str, dict[str, str]]:
    """How a run ends whose deliveries have all ended: its state, the words for it, and what is written beside them.

    `said`: who was left out, where somebody was.
    """
    if run.cancel_requested_at is not None:
        return RunState.CANCELLED, "Cancelled while it was being delivered.", {}
    if not unsent:
        if total:
            return RunState.COMPLETED, said or "Delivered to everyone.", {"step": str(RunStep.DONE)}
        message, code = "There was nobody to send it to. The files are here.", "no_recipients"
    else:
        message, code = f"{unsent} of {total} recipients could not be served. The files are here. {said}", _FAILED
    message = message.strip()
    columns = {"step": str(RunStep.DONE), "error_code": code, "error_message": message}
    return RunState.PARTIAL, message, columns


def wake_siblings(session: Session, run: LedgerRun) -> None:
    """Put those that wait for the files of this run back in line, once the transaction commits."""
    if run.share_key is not None:
        woken = sharing_repository.wake_siblings(session, run.share_key)
        defer_runs(session, woken, priority=run.priority)
