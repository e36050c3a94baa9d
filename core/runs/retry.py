"""When something that failed is tried again: exponential waits with jitter, for runs and for deliveries."""

import random
from collections.abc import Callable
from datetime import timedelta

from core.runs.mailing import FILES_ONLY

RUN_FIRST_WAIT = timedelta(seconds=10)
RUN_LONGEST_WAIT = timedelta(minutes=15)
DELIVERY_FIRST_WAIT = timedelta(minutes=1)
DELIVERY_LONGEST_WAIT = timedelta(hours=24)
#: With the waits between them: a day and a half.
DELIVERY_MAX_ATTEMPTS = 12
#: How long a delivery of unknown fate waits before it goes out again under the same reference.
UNKNOWN_WAIT = timedelta(minutes=10)
#: How often the fate of a message may be unknown; the second time it is not sent again.
_UNKNOWN_MOST = 2

#: A number from 0 to 1, new on each call.
Jitter = Callable[[], float]


def run_wait(attempt: int, jitter: Jitter = random.random) -> timedelta:
    """Return how long a run waits after its `attempt`-th attempt (from 1) failed."""
    return _wait(attempt, RUN_FIRST_WAIT, RUN_LONGEST_WAIT, jitter)


def delivery_wait(attempt: int, jitter: Jitter = random.random) -> timedelta:
    """Return how long a delivery waits after its `attempt`-th attempt (from 1) was put off."""
    return _wait(attempt, DELIVERY_FIRST_WAIT, DELIVERY_LONGEST_WAIT, jitter)


def unknown_most(channel: str) -> int:
    """Return how often a delivery's fate may be unknown. Files written again under their names do no harm."""
    return DELIVERY_MAX_ATTEMPTS if channel in FILES_ONLY else _UNKNOWN_MOST


def unknown_wait(channel: str, longest: timedelta = UNKNOWN_WAIT) -> timedelta:
    """Return how long such a delivery waits before it goes out again."""
    return min(DELIVERY_FIRST_WAIT, longest) if channel in FILES_ONLY else longest


def _wait(attempt: int, first: timedelta, longest: timedelta, jitter: Jitter) -> timedelta:
    """Double from `first` to `longest`, then take off up to a quarter so that many do not come back at once."""
    doubled = min(first * float(2 ** min(attempt - 1, 30)), longest)
    return doubled * (1 - 0.25 * jitter())
