"""The guard of a claim: when work has to stop, and why."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from core.clock import FixedClock
from core.domain.run import RunPhase, RunProgress
from core.errors import BroadsheetError, DatabaseUnavailable, LeaseLost, QueryTimedOut, RunCancelled
from core.runs.guard import Guard, Renew, Tell

LEASE = timedelta(seconds=60)


@pytest.fixture
def make_guard(clock: FixedClock) -> Callable[..., Guard]:
    def make(renew: Renew | None = None, *, every_s: float = 3600.0, tell: Tell = lambda _: None) -> Guard:
        return Guard(
            renew or (lambda: (clock.now() + LEASE, None)),
            clock=clock,
            lease_until=clock.now() + LEASE,
            deadline=clock.now() + timedelta(minutes=30),
            every_s=every_s,
            name="test",
            tell=tell,
        )

    return make


def test_work_goes_on_while_all_is_well(make_guard: Callable[..., Guard]) -> None:
    guard = make_guard()
    guard.beat()
    guard.check()
    assert not guard.should_stop()
    assert guard.seconds_left() == 1800


def test_a_lease_that_another_worker_has_stops_the_work(make_guard: Callable[..., Guard]) -> None:
    def renew() -> tuple[datetime, datetime | None]:
        raise LeaseLost

    guard = make_guard(renew)
    guard.beat()
    assert guard.should_stop()
    with pytest.raises(LeaseLost):
        guard.check()


def test_a_cancel_stops_the_work(make_guard: Callable[..., Guard], clock: FixedClock) -> None:
    guard = make_guard(lambda: (clock.now() + LEASE, clock.now()))
    guard.beat()
    with pytest.raises(RunCancelled):
        guard.check()


def test_a_deadline_stops_the_work(make_guard: Callable[..., Guard], clock: FixedClock) -> None:
    guard = make_guard()
    clock.advance(timedelta(minutes=30))
    assert guard.should_stop()
    with pytest.raises(QueryTimedOut):
        guard.check()


def test_a_database_that_is_away_is_waited_for_until_the_lease_ends(
    make_guard: Callable[..., Guard], clock: FixedClock
) -> None:
    def renew() -> tuple[datetime, datetime | None]:
        raise DatabaseUnavailable

    guard = make_guard(renew)
    clock.advance(LEASE - timedelta(seconds=1))
    guard.beat()
    assert not guard.should_stop()
    clock.advance(timedelta(seconds=1))
    guard.beat()
    assert guard.should_stop()


def test_the_thread_beats_by_itself_and_ends_with_the_work(make_guard: Callable[..., Guard], clock: FixedClock) -> None:
    beaten = threading.Event()

    def renew() -> tuple[datetime, datetime | None]:
        beaten.set()
        return clock.now() + LEASE, None

    before = threading.active_count()
    with make_guard(renew, every_s=0.001):
        assert beaten.wait(60)
    assert threading.active_count() == before


def test_a_beat_tells_what_was_noted_since_the_last_one(make_guard: Callable[..., Guard], clock: FixedClock) -> None:
    told: list[RunProgress] = []
    guard = make_guard(tell=told.append)
    guard.beat()
    assert told == []
    guard.note(RunPhase.READING, rows=1, rows_total=9)
    guard.note(RunPhase.READING, rows=4, rows_total=9)
    guard.beat()
    guard.beat()
    assert told == [RunProgress(phase=RunPhase.READING, rows=4, rows_total=9, at=clock.now())]


@pytest.mark.parametrize("error", [LeaseLost, DatabaseUnavailable])
def test_progress_that_cannot_be_told_is_told_later_or_is_another_workers(
    make_guard: Callable[..., Guard], error: type[BroadsheetError]
) -> None:
    errors: list[BroadsheetError] = [error()]
    told: list[RunProgress] = []

    def tell(progress: RunProgress) -> None:
        if errors:
            raise errors.pop()
        told.append(progress)

    guard = make_guard(tell=tell)
    guard.note(RunPhase.READING, rows=4, rows_total=9)
    guard.beat()
    assert guard.should_stop() == (error is LeaseLost)
    guard.beat()
    assert [progress.rows for progress in told] == [4]
