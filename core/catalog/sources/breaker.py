"""A circuit breaker: after several failures in a row a source is left alone for a while, then tried by one caller."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import QueryTimedOut, RunCancelled, SourceBusy, SourceError, SourceUnavailable

#: Failures in a row, none longer after the one before than the window, that open the circuit.
FAILURES = 5
WINDOW = timedelta(minutes=10)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)


class Breaker:
    """Closed: everybody may ask. Open: nobody, until the pause is over; then one caller tries for all.

    A source that refuses a query has answered. One that cannot be reached or does not answer in time has not.
    """

    def __init__(self, *, name: str, clock: Clock, failures: int = FAILURES) -> None:
        self._name = name
        self._clock = clock
        self._limit = failures
        self._lock = threading.Lock()
        self._failures = 0
        self._silent_since: datetime | None = None
        self._failed_at: datetime | None = None
        self._next_try_at: datetime | None = None
        self._pause = FIRST_PAUSE
        self._trial: Trial | None = None

    def check(self) -> None:
        """Raise SourceUnavailable where `trial` would."""
        with self._lock:
            self._check()

    @contextmanager
    def trial(self, *, is_forced: bool = False) -> Iterator["Trial"]:
        """Ask the source inside; tell the trial how it went. Raises SourceUnavailable while the circuit is open.

        `is_forced` asks whatever the circuit says: a person who tests the connection wants to know how it is now.
        """
        trial = Trial(self)
        with self._lock:
            if self._next_try_at is not None and not is_forced:
                self._check()
                self._trial = trial
        try:
            yield trial
        finally:
            with self._lock:
                if self._trial is trial:  # it found nothing out, say because it was cancelled: the next one tries
                    self._trial = None

    def _check(self) -> None:
        now = self._clock.now()
        if self._next_try_at is None or (self._trial is None and now >= self._next_try_at):
            return
        raise SourceUnavailable(
            f"The source '{self._name}' has not answered since {_words(self._silent_since or now)}; "
            f"next try at {_words(max(self._next_try_at, now))}."
        )

    def succeeded(self, trial: "Trial") -> None:
        """Close the circuit."""
        with self._lock:
            self._failures = 0
            self._silent_since = self._failed_at = self._next_try_at = None
            self._pause = FIRST_PAUSE
            if self._trial is trial:
                self._trial = None

    def failed(self, trial: "Trial") -> None:
        """Count a failure; open the circuit at the limit, and for twice as long when the one who tried failed."""
        with self._lock:
            now = self._clock.now()
            is_first = self._failed_at is None or now - self._failed_at > WINDOW
            if is_first and self._next_try_at is None:
                self._failures, self._silent_since = 0, now
            self._failures += 1
            self._failed_at = now
            if self._trial is trial:
                self._trial = None
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                self._next_try_at = now + self._pause
            elif self._failures >= self._limit and self._next_try_at is None:
                self._next_try_at = now + self._pause


class Trial:
    """One caller's dealings with the source; the first outcome counts."""

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._is_decided = False

    def answered(self) -> None:
        """The source gave an answer."""
        if not self._is_decided:
            self._is_decided = True
            self._breaker.succeeded(self)

    def _silent(self) -> None:
        if not self._is_decided:
            self._is_decided = True
            self._breaker.failed(self)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take the outcome from the error that leaves the block, if any."""
        try:
            yield
        except (RunCancelled, SourceBusy):
            raise
        except (SourceUnavailable, QueryTimedOut):
            self._silent()
            raise
        except SourceError:
            self.answered()
            raise


def _words(instant: datetime) -> str:
    return f"{instant.day} {instant:%b %H:%M:%S} UTC"
