"""Claims: when a run may be taken by a worker, and what is said of one that none finished."""

from datetime import datetime

from core.db.run_repository import LedgerRun
from core.domain.run import RunState, RunStep

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def is_claimable(run: LedgerRun, now: datetime) -> bool:
    """Whether no worker holds a run and its time has come."""
    if run.state is RunState.PENDING:
        return True
    if run.state is RunState.WAITING:
        return run.next_attempt_at is None or run.next_attempt_at <= now
    # While a run delivers it has no lease: its deliveries carry it.
    return (
        run.state is RunState.RUNNING
        and run.step is not RunStep.DELIVERING
        and (run.lease_until is None or run.lease_until <= now)
    )


def stopped_in_words(attempts: int) -> str:
    """What is said of a run whose every attempt ended without a word."""
    count = _NUMBERS[attempts] if attempts < len(_NUMBERS) else str(attempts)
    return f"It stopped {count} {'time' if attempts == 1 else 'times'} without an answer."
