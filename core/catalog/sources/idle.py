"""Open connections that wait for the next question."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_KEPT = 4
_KEPT_S = 60.0

Link = TypeVar("Link")


class IdleLinks(Generic[Link]):
    """A few connections kept for a minute. Whoever takes one has it alone until it is given back."""

    def __init__(self, end: Callable[[Link], None]) -> None:
        self._end = end
        self._lock = threading.Lock()
        self._links: list[tuple[float, Link]] = []
        self._is_closed = False

    def take(self) -> Link | None:
        """The one used last, or None."""
        with self._lock:
            late = time.monotonic() - _KEPT_S
            old = [link for since, link in self._links if since < late]
            self._links = [(since, link) for since, link in self._links if since >= late]
            taken = self._links.pop()[1] if self._links else None
        for link in old:
            self._end(link)
        return taken

    def give(self, link: Link) -> None:
        """Keep it, or end it where enough wait already."""
        with self._lock:
            is_kept = len(self._links) < _KEPT and not self._is_closed
            if is_kept:
                self._links.append((time.monotonic(), link))
        if not is_kept:
            self._end(link)

    def close(self) -> None:
        """End all that wait, and from now on what is given back: who was closed is not asked again."""
        with self._lock:
            self._is_closed = True
            links, self._links = self._links, []
        for _, link in links:
            self._end(link)
