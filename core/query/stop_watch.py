"""Stops queries from outside their thread: a query that runs for minutes asks nobody in between."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.catalog.sources.connector import Snapshot

_STOP_POLL_S = 0.5


@contextmanager
def stopped_when(snapshot: Snapshot, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Cancel the snapshot once `should_stop` says so."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_STOP_POLL_S):
            if should_stop():
                snapshot.cancel()
                return

    thread = threading.Thread(target=watch, name="stop-watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def stopped_after(snapshot: Snapshot, budget_s: float) -> Iterator[None]:
    """Cancel the snapshot after `budget_s` seconds; it answers nothing after that."""
    timer = threading.Timer(budget_s, snapshot.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
