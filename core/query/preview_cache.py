"""Remembers previews for a minute, so that turning a page back or drawing a screen again asks nobody."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cachetools import TTLCache

from core.domain.dataset import Dataset
from core.domain.result import Preview

MAX_ENTRIES = 256
MAX_BYTES = 64 * 2**20
TTL_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewKey:
    """Everything that a preview depends on. Two people share one only if it would be the same for both."""

    organization_id: UUID
    source_id: UUID
    source_version: int
    dataset: Dataset  #: whole, not its version alone: a draft changes before it is saved
    definition_sha256: str
    policy: str  #: of row policies; empty for none
    page: int
    page_size: int
    today: date  #: the local day that relative dates resolve against


class PreviewCache:
    """Bounded by entries, bytes and age; safe to share between threads."""

    def __init__(
        self,
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        ttl_s: float = TTL_S,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        # An entry counts for at least its part of the bytes, so that one bound serves both.
        least = max_bytes // max_entries
        self._max_bytes = max_bytes
        self._entries: TTLCache[PreviewKey, Preview] = TTLCache(
            maxsize=max_bytes,
            ttl=ttl_s,
            timer=timer,
            getsizeof=lambda preview: max(least, preview.table.nbytes),
        )
        self._lock = threading.Lock()

    def get(self, key: PreviewKey) -> Preview | None:
        """The preview kept under `key`, if it is young enough."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: PreviewKey, preview: Preview) -> None:
        """Keep a preview; one larger than the whole cache is not kept."""
        if preview.table.nbytes > self._max_bytes:
            return
        with self._lock:
            self._entries[key] = preview
