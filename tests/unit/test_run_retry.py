"""Waits before the next attempt, references of deliveries, and failpoints."""

import os
import signal
from datetime import timedelta
from uuid import UUID

import pytest

from core.runs import failpoints
from core.runs.outbox import reference_of
from core.runs.retry import (
    DELIVERY_FIRST_WAIT,
    DELIVERY_MAX_ATTEMPTS,
    UNKNOWN_WAIT,
    delivery_wait,
    run_wait,
    unknown_most,
    unknown_wait,
)


def test_waits_double_up_to_their_longest() -> None:
    assert [run_wait(n, lambda: 0.0).total_seconds() for n in (1, 2, 3, 8, 1000)] == [10, 20, 40, 900, 900]
    assert [delivery_wait(n, lambda: 0.0) for n in (1, 2, 11, 12, 1000)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=1024),
        timedelta(hours=24),
        timedelta(hours=24),
    ]


def test_jitter_takes_off_up_to_a_quarter() -> None:
    assert run_wait(1, lambda: 1.0) == timedelta(seconds=7.5)
    waits = {run_wait(3) for _ in range(20)}
    assert len(waits) > 1
    assert all(timedelta(seconds=30) <= wait <= timedelta(seconds=40) for wait in waits)


def test_a_reference_is_a_function_of_run_and_recipient() -> None:
    one = reference_of(UUID(int=1), "email", "a@example.com")
    assert one == reference_of(UUID(int=1), "email", "a@example.com")
    others = {
        reference_of(UUID(int=2), "email", "a@example.com"),
        reference_of(UUID(int=1), "slack", "a@example.com"),
        reference_of(UUID(int=1), "email", "b@example.com"),
        reference_of(UUID(int=1), "email", "a@example.com", UUID(int=5)),
        reference_of(UUID(int=1), "email", "a@example.com", UUID(int=6)),
    }
    assert one not in others
    assert len(others) == 5


def test_files_whose_fate_is_unknown_are_written_again_sooner_and_more_often_than_a_mail_is_sent() -> None:
    assert (unknown_most("email"), unknown_wait("email")) == (2, UNKNOWN_WAIT)
    assert (unknown_most("folder"), unknown_wait("folder")) == (DELIVERY_MAX_ATTEMPTS, DELIVERY_FIRST_WAIT)
    assert unknown_wait("folder", timedelta(seconds=1)) == timedelta(seconds=1)


def test_a_failpoint_kills_only_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.delenv(failpoints.VARIABLE, raising=False)
    failpoints.reach(failpoints.QUERIED)
    monkeypatch.setenv(failpoints.VARIABLE, failpoints.QUERIED)
    failpoints.reach(failpoints.STORED)
    assert killed == []
    failpoints.reach(failpoints.QUERIED)
    assert killed == [(os.getpid(), signal.SIGKILL)]
