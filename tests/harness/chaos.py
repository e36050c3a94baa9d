"""What is done to the daemons and their database: rounds of kills and pauses, at failpoints or by chance, by a seed."""

import logging
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.runs import failpoints
from tests.harness.daemon import LEASE, STILL_S
from tests.harness.orders import Orders
from tests.harness.site import Daemon, Site, wait_until

logger = logging.getLogger(__name__)

#: A daemon that has not come to its failpoint by then is killed wherever it is.
_ROUND_S = 4.0
_LOOK_S = 0.05
#: While daemons wait to die they are given this much to do, this often.
_FED, _FEED_S = 1, 0.4
#: Each so many rounds a daemon is stopped beyond its lease, the database is killed, the clock is set back.
_PAUSE_EVERY, _CRASH_EVERY, _SET_BACK_EVERY = 3, 7, 2
_STOP_S = 15.0
#: Who stands still there does so inside a transaction, and keeps locks that others wait for.
_IN_TRANSACTION = (failpoints.PLANNING, failpoints.DECIDED, failpoints.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paused:
    """A daemon that stands still, and since when."""

    daemon: Daemon
    place: str
    since: float


@dataclass(kw_only=True)
class Chaos:
    """Kills until enough were killed. What is ordered follows from the seed; what the machine makes of it does not."""

    site: Site
    orders: Orders
    seed: int
    daemons: int = 6
    schedules: int = 5  #: that become due at the start of a round
    killed: Counter[str] = field(default_factory=Counter)  #: by failpoint, "at random" and "database"
    paused: Counter[str] = field(default_factory=Counter)  #: those that came to their place and went on, by failpoint
    rounds: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._places: list[str] = []
        self._paused: list[_Paused] = []
        self._awake: list[Daemon] = []

    @property
    def pauses(self) -> int:
        """How many daemons stood still beyond their leases, and went on."""
        return self.paused.total()

    @property
    def pauses_in_transactions(self) -> int:
        """How many of them stood still inside a transaction, which the server ended."""
        return sum(self.paused[place] for place in _IN_TRANSACTION)

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return self.killed.total()

    def kill(self, wanted: int, *, within_s: float = float("inf")) -> None:
        """Go on until `wanted` processes were killed, or the time is over; whoever is paused then goes on."""
        began = time.monotonic()
        self.orders.add_minutely(first=_minute() - timedelta(minutes=3))
        while self.kills < wanted and time.monotonic() - began < within_s:
            self._round(self.daemons)
            logger.info("round=%s kills=%s seconds=%.0f", self.rounds, self.kills, time.monotonic() - began)
        wait_until(lambda: not self._continue(), 4 * self._still_s)

    @property
    def _still_s(self) -> float:
        """How long a daemon stands still: its leases are over by then, and so are its transactions."""
        return max(2 * LEASE.total_seconds(), STILL_S + 1.0) * self.site.pace

    def recover(self, patience_s: float) -> bool:
        """Let healthy daemons do the rest; returns whether it was done in time."""
        healthy = [self.site.start() for _ in range(2)]
        done = wait_until(self.orders.are_done, patience_s)
        self.orders.end()
        done = wait_until(self.orders.are_done, patience_s) and done
        for daemon in [*healthy, *self._awake]:
            daemon.signal(signal.SIGTERM)
        for daemon in [*healthy, *self._awake]:
            daemon.join(_STOP_S)
        return done

    def _round(self, count: int) -> None:
        self.rounds += 1
        for daemon in self._awake:
            self._kill(daemon)
        self._awake = []
        self._continue()
        self.orders.add_daily(self.schedules, due_at=_minute())
        if self.rounds % _SET_BACK_EVERY == 0:
            self.orders.set_back(3)
        victims = [self._start_victim() for _ in range(count)]
        if self.rounds % _PAUSE_EVERY == 0:
            self._pause()
        if self.rounds % _CRASH_EVERY == 0:
            threading.Event().wait(self._random.uniform(0.3, 1.0))
            self.site.server.crash()
            self.killed["database"] += 1
        self._see_dead(victims)

    def _start_victim(self) -> tuple[Daemon, str | None, float]:
        """A daemon with the place or the moment of its death: each failpoint in turn, one in six by chance."""
        round_s = _ROUND_S * self.site.pace
        if self._random.random() < 1 / 6:
            return self.site.start(), None, time.monotonic() + self._random.uniform(0.2, round_s / 2)
        if not self._places:
            self._places = self._random.sample(failpoints.ALL, len(failpoints.ALL))
        place = self._places.pop()
        return self.site.start(failpoint=place), place, time.monotonic() + round_s

    def _see_dead(self, victims: list[tuple[Daemon, str | None, float]]) -> None:
        """Wait until each died at its place; kill it where it is when its time is over."""
        pause, fed_at = threading.Event(), time.monotonic()
        while victims:
            for victim in list(victims):
                daemon, place, until = victim
                if not daemon.is_alive:
                    self.killed[place or "at random"] += daemon.exit_code == -signal.SIGKILL
                    victims.remove(victim)
                elif time.monotonic() > until:
                    self._kill(daemon)
                    victims.remove(victim)
            if time.monotonic() - fed_at > _FEED_S:
                # Small reports to a folder alone take the short way through the pipeline.
                self.orders.add_daily(_FED, due_at=_minute(), channels=("folder",))
                fed_at = time.monotonic()
            pause.wait(_LOOK_S)

    def _kill(self, daemon: Daemon) -> None:
        if daemon.signal(signal.SIGKILL):
            self.killed["at random"] += 1
        daemon.join()

    def _pause(self) -> None:
        """Stop a daemon at a failpoint, so that it holds what others will take over; each second one keeps locks."""
        is_second = self.rounds // _PAUSE_EVERY % 2 == 0
        place = self._random.choice(_IN_TRANSACTION if is_second else failpoints.ALL)
        daemon = self.site.start(failpoint=f"{place}:SIGSTOP")
        self._paused.append(_Paused(daemon=daemon, place=place, since=time.monotonic()))

    def _continue(self) -> bool:
        """Let daemons go on that stood still beyond their leases; returns whether some have to wait yet."""
        for paused in list(self._paused):
            if time.monotonic() - paused.since < self._still_s:
                continue
            self._paused.remove(paused)
            if not paused.daemon.is_stopped:  # it never came to its place, and would stop there later for good
                self._kill(paused.daemon)
                continue
            self.paused[paused.place] += 1
            paused.daemon.signal(signal.SIGCONT)
            self._awake.append(paused.daemon)
        return bool(self._paused)


def _minute() -> datetime:
    """The minute that it is: a slot of it is due at once."""
    return datetime.now(UTC).replace(second=0, microsecond=0)
