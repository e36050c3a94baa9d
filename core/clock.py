"""The one clock: everything that needs "now" is handed a `Clock`, so tests can move time."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the current instant, and how much time passes whatever is done to that."""

    def now(self) -> datetime:
        """Return the current instant as an aware datetime in UTC."""
        ...

    def elapsed(self) -> float:
        """Return the seconds since some fixed moment; they go on evenly where the clock is set to another time."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return the seconds of the machine's steady clock."""
        return time.monotonic()


class FixedClock:
    """A clock that stands still until it is moved; for tests and for "as of" work."""

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._instant = instant.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Return the instant it stands at, in UTC."""
        return self._instant

    def advance(self, by: timedelta) -> None:
        """Let `by` pass, which may be negative."""
        self._instant += by
        self._elapsed += by.total_seconds()

    def elapsed(self) -> float:
        """Return the seconds that `advance` let pass."""
        return self._elapsed

    def jump(self, by: timedelta) -> None:
        """Set the clock to another time without any passing."""
        self._instant += by
