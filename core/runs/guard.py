"""The guard of one claim: a thread that keeps its lease alive, tells how far the work is and says when to stop."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from core.clock import Clock
from core.domain.run import RunPhase, RunProgress
from core.errors import DatabaseUnavailable, LeaseLost, QueryTimedOut, RunCancelled

logger = logging.getLogger(__name__)

#: Extends the lease; returns the lease's new end and when a cancel was asked for, if so. Raises LeaseLost.
Renew = Callable[[], tuple[datetime, datetime | None]]
#: Keeps how far the work is. Raises LeaseLost.
Tell = Callable[[RunProgress], None]


class Guard:
    """Extends a lease every `every_s` seconds while the work runs. The work asks `should_stop` and calls `check`."""

    def __init__(
        self,
        renew: Renew,
        *,
        clock: Clock,
        lease_until: datetime,
        deadline: datetime,
        every_s: float,
        name: str,
        tell: Tell = lambda _: None,
    ) -> None:
        self._renew = renew
        self._tell = tell
        self._clock = clock
        self._lease_until = lease_until
        # By the time that passes: a clock that is set to another time neither ends a run nor lets it go on for ever.
        self._ends_at = clock.elapsed() + (deadline - clock.now()).total_seconds()
        self._every_s = every_s
        self._is_away = False  # the database; said once, not with every beat
        self._noted: RunProgress | None = None
        self._told: RunProgress | None = None
        self._lost = threading.Event()
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease {name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=self._every_s)

    def beat(self) -> None:
        """Extend the lease once, and tell what was noted since the last time."""
        try:
            self._lease_until, cancel_requested_at = self._renew()
            self._tell_news()
        except LeaseLost:
            self._lost.set()
            return
        except DatabaseUnavailable:
            if not self._is_away:
                logger.warning("lease_not_extended lease=%s", self._thread.name)
            self._is_away = True
        else:
            self._is_away = False
            if cancel_requested_at is not None:
                self._cancelled.set()
        if self._clock.now() >= self._lease_until:
            self._lost.set()

    def note(
        self,
        phase: RunPhase,
        *,
        rows: int,
        rows_total: int | None,
        size_bytes: int = 0,
        format: str | None = None,  # noqa: A002 - the word of definitions and API
    ) -> None:
        """Note how far the work is; the next beat tells it. Costs nothing, so call it as often as there is news."""
        self._noted = RunProgress(
            phase=phase,
            rows=rows,
            rows_total=rows_total,
            size_bytes=size_bytes,
            format=format,
            at=self._clock.now(),
        )

    def lose(self) -> None:
        """Say that the lease was given away."""
        self._lost.set()

    def should_stop(self) -> bool:
        """Whether the lease is lost, a person cancelled, or the deadline has passed."""
        return self._lost.is_set() or self._cancelled.is_set() or self.seconds_left() <= 0

    def seconds_left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self._ends_at - self._clock.elapsed()

    def check(self) -> None:
        """Return while the work may go on; otherwise raise LeaseLost, RunCancelled or QueryTimedOut."""
        if self._lost.is_set():
            raise LeaseLost
        if self._cancelled.is_set():
            raise RunCancelled
        if self.seconds_left() <= 0:
            raise QueryTimedOut("The run took longer than a run may take. Ask for fewer rows or a shorter period.")

    def _tell_news(self) -> None:
        noted = self._noted
        if noted is not None and noted is not self._told:
            self._tell(noted)
            self._told = noted

    def _keep(self) -> None:
        while not self._ended.wait(self._every_s) and not self._lost.is_set():
            self.beat()
