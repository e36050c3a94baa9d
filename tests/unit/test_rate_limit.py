"""The token bucket: how often a key may ask, and when again."""

from datetime import timedelta

import pytest

from core.access import rate_limit
from core.access.rate_limit import RateLimit
from core.clock import FixedClock
from core.errors import TooManyRequests


def wait_of(limit: RateLimit, key: str) -> int | None:
    try:
        limit.take(key)
    except TooManyRequests as error:
        return error.retry_after_s
    return None


def test_a_full_bucket_is_used_up_and_fills_again_with_time(clock: FixedClock) -> None:
    limit = RateLimit(clock, per_minute=30)
    assert [wait_of(limit, "a") for _ in range(31)] == [None] * 30 + [2]
    assert wait_of(limit, "b") is None, "every key has a bucket of its own"
    clock.advance(timedelta(seconds=1))
    assert wait_of(limit, "a") == 1
    clock.advance(timedelta(seconds=1))
    assert [wait_of(limit, "a") for _ in range(2)] == [None, 2]
    clock.advance(timedelta(days=1))
    assert [wait_of(limit, "a") for _ in range(31)] == [None] * 30 + [2], "it never holds more than a minute's worth"


def test_what_is_given_back_was_not_used(clock: FixedClock) -> None:
    limit = RateLimit(clock, per_minute=2)
    for _ in range(5):
        limit.take("a")
        limit.give_back("a")
    limit.give_back("a")
    assert [wait_of(limit, "a") for _ in range(3)] == [None, None, 30]


def test_a_clock_set_back_takes_nothing_away(clock: FixedClock) -> None:
    limit = RateLimit(clock, per_minute=2)
    limit.take("a")
    clock.advance(timedelta(hours=-1))
    assert [wait_of(limit, "a") for _ in range(2)] == [None, 30]


def test_without_a_limit_nobody_waits(clock: FixedClock) -> None:
    limit = RateLimit(clock, per_minute=None)
    assert {wait_of(limit, "a") for _ in range(1000)} == {None}


def test_only_so_many_keys_are_kept(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_KEYS", 2)
    limit = RateLimit(clock, per_minute=1)
    for key in ("a", "b", "c"):
        limit.take(key)
    assert [wait_of(limit, key) for key in ("c", "b", "a")] == [60, 60, None], "the quietest was forgotten"
