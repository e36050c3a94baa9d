"""Which sessions were seen a moment ago, so that not every run of a screen writes a row."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

#: A session's "last seen" is behind by this much at most.
EVERY = timedelta(minutes=1)
_MAX_KEYS = 10_000


class LastSeen:
    """Knows for each key when this process last wrote it down."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, key: str, now: datetime) -> bool:
        """Whether it is time to write `key` down; counts as written then."""
        with self._lock:
            before = self._seen.get(key)
            if before is not None and before <= now < before + EVERY:
                return False
            self._seen[key] = now
            self._seen.move_to_end(key)
            if len(self._seen) > _MAX_KEYS:
                self._seen.popitem(last=False)
            return True
