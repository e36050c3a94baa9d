"""How a run stands, for people: how long it takes yet, why it waits, and what can be done with it."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import standing_reading
from core.db.standing_reading import PastRun, Place
from core.domain.access import Permission, Principal
from core.domain.delivery import DeliveryState
from core.domain.moments import instant_words
from core.domain.run import Run, RunKind, RunState, RunStep
from core.services.health import DAEMON_SILENT_AFTER

#: States of a run that can be run again.
CAN_BE_RETRIED = frozenset({RunState.FAILED, RunState.CANCELLED, RunState.MISSED})
#: Runs that an estimate is taken from.
_PAST_RUNS = 20
_NO_WORKER = "No worker is running. Ask whoever runs this installation to start one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands at a moment. Seconds are rounded to what people want to know."""

    run_id: UUID
    state: RunState
    elapsed_s: float | None  #: since it was first worked on, to its end
    expected_s: float | None  #: what runs like it took; None: nothing to compare with
    remaining_s: float | None  #: 0: longer than expected; None: nobody can say
    based_on: int  #: runs that the estimate is taken from
    remaining_in_words: str | None  #: "About 2 minutes left."
    runs_before: int  #: runs of the organization that are taken first, while it waits
    waiting_because: str | None  #: why nobody works on it
    may_cancel: bool
    may_retry: bool
    may_resend_failed: bool
    may_decide: bool  #: approve or reject what is held
    may_pin: bool


def standing_of(session: Session, principal: Principal, run: Run, now: datetime) -> Standing:
    """Return how a run stands."""
    place = standing_reading.place_of(session, run.id, now)
    past = () if run.state.is_final else standing_reading.past_runs(session, run, maximum=_PAST_RUNS)
    elapsed = None if run.started_at is None else max(((run.finished_at or now) - run.started_at).total_seconds(), 0.0)
    expected = _expected(run, past)
    remaining = None if run.state is not RunState.RUNNING else _remaining(run, elapsed or 0.0, expected)
    sends = bool(run.deliveries) or run.schedule_id is not None
    may_send = principal.may(Permission.MANAGE_SCHEDULES)
    may_make = principal.may(Permission.MANAGE_EXPORTS)
    return Standing(
        run_id=run.id,
        state=run.state,
        elapsed_s=elapsed,
        expected_s=expected,
        remaining_s=remaining,
        based_on=len(past),
        remaining_in_words=None if remaining is None else remaining_words(remaining),
        runs_before=place.before if run.state in (RunState.PENDING, RunState.WAITING) else 0,
        waiting_because=_waiting_because(run, place, now),
        may_cancel=may_make and not run.state.is_final,
        may_retry=may_make and run.state in CAN_BE_RETRIED and (may_send or not sends or run.kind is RunKind.TEST),
        may_resend_failed=may_send and any(one.state is DeliveryState.FAILED for one in run.deliveries),
        may_decide=may_send and run.state is RunState.HELD,
        may_pin=may_make and run.state.is_final,
    )


def remaining_words(seconds: float) -> str:
    """Return an estimate as people say it."""
    if seconds <= 0:
        return "It takes longer than usual."
    if seconds < 10:
        return "A few seconds left."
    if seconds < 90:
        return f"About {round(seconds / 10) * 10} seconds left."
    if seconds < 90 * 60:
        return f"About {round(seconds / 60)} minutes left."
    return f"About {round(seconds / 3600)} hours left."


def _expected(run: Run, past: tuple[PastRun, ...]) -> float | None:
    """The median of the runs before, in proportion to the rows where both are known."""
    if not past:
        return None
    seconds = median(one.seconds for one in past)
    rows = [one.rows for one in past if one.rows is not None]
    usual = median(rows) if rows else 0
    total = None if run.progress is None else run.progress.rows_total
    return seconds if not usual or total is None else seconds * total / usual


def _remaining(run: Run, elapsed: float, expected: float | None) -> float | None:
    if expected is not None:
        return max(expected - elapsed, 0.0)
    progress = run.progress
    if progress is None or not progress.rows or progress.rows_total is None:
        return None
    return elapsed * max(progress.rows_total - progress.rows, 0) / progress.rows


def _waiting_because(run: Run, place: Place, now: datetime) -> str | None:
    """Why nobody works on a run that has not ended; None where somebody does."""
    is_silent = place.daemon_seen_at is None or now - place.daemon_seen_at > DAEMON_SILENT_AFTER
    if run.state is RunState.HELD:
        return run.held_because or "It waits for its owner's approval."
    if run.state.is_final:
        return None
    if is_silent:
        return _NO_WORKER
    if run.state is RunState.RUNNING:
        is_lost = run.step is not RunStep.DELIVERING and place.lease_until is not None and place.lease_until <= now
        return "Its worker is silent. Another one takes over within a minute." if is_lost else None
    if run.waiting_for is not None:
        return run.waiting_for
    if place.next_attempt_at is not None and place.next_attempt_at > now:
        return f"It is tried again on {instant_words(place.next_attempt_at, 'UTC')}."
    return _queue_words(place)


def _queue_words(place: Place) -> str:
    if place.full_at is not None:
        runs = "One run" if place.full_at == 1 else f"{place.full_at:,} runs"
        return f"{runs} at a time is the limit of your organization. It begins when one that is under way ends."
    if place.before:
        runs = "1 run is" if place.before == 1 else f"{place.before:,} runs are"
        return f"{runs} before it."
    if place.running:
        return "The workers are busy with other runs."
    return "A worker takes it in a moment."
