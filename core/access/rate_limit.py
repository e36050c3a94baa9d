"""How often somebody may ask: a token bucket a key, in this process only.

Every web process counts by itself, so that a client of several processes gets several times the limit. That is enough
against flooding; guessing passwords is stopped by the account's lock, which the database keeps.
"""

import math
import threading
from collections import OrderedDict
from datetime import datetime

from core.clock import Clock
from core.errors import TooManyRequests

#: Keys kept at most; the one that was quiet the longest goes first, and its bucket was likely full again.
MAX_KEYS = 10_000


class RateLimit:
    """Lets a key ask `per_minute` times at once and as often a minute; None: as often as it likes."""

    def __init__(self, clock: Clock, *, per_minute: int | None) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Count one request; raises TooManyRequests with the seconds to wait."""
        if self._per_minute is None:
            return
        with self._lock:
            tokens = self._fill(key, self._per_minute)
            if tokens >= 1:
                self._keep(key, tokens - 1)
                return
            self._keep(key, tokens)
        raise TooManyRequests(retry_after_s=max(1, math.ceil((1 - tokens) * 60 / self._per_minute)))

    def give_back(self, key: str) -> None:
        """Uncount one request, such as a sign-in that was right."""
        if self._per_minute is None:
            return
        with self._lock:
            self._keep(key, min(self._fill(key, self._per_minute) + 1, float(self._per_minute)))

    def _fill(self, key: str, per_minute: int) -> float:
        now = self._clock.now()
        tokens, at = self._buckets.get(key, (float(per_minute), now))
        passed_s = max((now - at).total_seconds(), 0.0)
        return min(tokens + passed_s * per_minute / 60, float(per_minute))

    def _keep(self, key: str, tokens: float) -> None:
        self._buckets[key] = (tokens, self._clock.now())
        self._buckets.move_to_end(key)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
