"""Notices that the machine's clock was set: then more or less time passed by it than passed."""

from datetime import timedelta

from core.clock import Clock

#: A clock that drifts or is disciplined moves by less between two looks.
_TOLERATED = timedelta(seconds=30)


class ClockWatch:
    """Compares two ways to tell the time, from one look to the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._before = (clock.now(), clock.elapsed())

    def jumped_by(self) -> timedelta:
        """Return how far the clock was set since the last look, back where negative; zero where it was not."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        (then, elapsed_then), self._before = self._before, (now, elapsed)
        jump = now - then - timedelta(seconds=elapsed - elapsed_then)
        return jump if abs(jump) > _TOLERATED else timedelta()
