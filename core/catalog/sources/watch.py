"""Stops what runs at a server when its deadline passes or somebody cancels, and says which of the two it was."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.errors import BroadsheetError, QueryTimedOut, RunCancelled

_log = logging.getLogger(__name__)
_AGAIN_S = 0.2
#: How long a server may take to end what it was asked to end. One that is stopped or cut off never does.
PATIENCE_S = 5.0


class QueryWatch:
    """Watches the queries of one snapshot. `stop` asks the server to end what runs; it is called from another thread.

    A request that comes between two queries stops nothing, so it is repeated while one runs. `sever` ends the
    connection without asking the server; it is called where the server does not end the query. Ways to a server that
    lose patience by themselves need none.
    """

    def __init__(self, stop: Callable[[], None], *, sever: Callable[[], None] | None = None, deadline_s: float) -> None:
        self._stop = stop
        self._sever = sever
        self._deadline_s = deadline_s
        self._cancelled = False
        self._timed_out = False
        self._busy = False
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="query-watch", daemon=True)
        self._thread.start()

    @property
    def has_fired(self) -> bool:
        """Whether the server was or will be asked to end something."""
        return self._cancelled or self._timed_out

    def cancel(self) -> None:
        """Stop what runs, from any thread; what comes after it is refused."""
        self._cancelled = True
        self._wake.set()

    def close(self) -> bool:
        """End the watch; say whether no request is under way any more, as one of a silent server may be for long."""
        self._closed.set()
        self._wake.set()
        self._thread.join(PATIENCE_S)
        return not self._thread.is_alive()

    def reason(self) -> BroadsheetError | None:
        """Why queries are stopped, or None."""
        if self._cancelled:
            return RunCancelled()
        if self._timed_out:
            return QueryTimedOut(
                f"The source did not answer within {self._deadline_s:g} seconds. Narrow the period or the filters."
            )
        return None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around whatever waits for the server. Raises what `reason` says before it begins."""
        if (reason := self.reason()) is not None:
            raise reason
        with self._lock:
            self._busy = True
        try:
            yield
        finally:
            # A request that takes longer is one to a silent server; nothing begins after it that it could hit.
            is_held = self._lock.acquire(timeout=PATIENCE_S)
            self._busy = False
            if is_held:
                self._lock.release()

    def _watch(self) -> None:
        if not self._wake.wait(self._deadline_s):
            self._timed_out = True
        if self._sever is not None and not self._closed.is_set():
            threading.Thread(
                target=self._lose_patience, args=(self._sever,), name="query-last-resort", daemon=True
            ).start()
        while not self._closed.is_set():
            # Under the lock, or the request could hit a query that began after it.
            with self._lock:
                if self._busy:
                    self._ask()
            self._closed.wait(_AGAIN_S)

    def _lose_patience(self, sever: Callable[[], None]) -> None:
        """In a thread of its own, as the request to a silent server may not return either."""
        if self._closed.wait(PATIENCE_S):
            return
        _log.warning("query_severed")
        try:
            sever()
        except Exception as error:  # noqa: BLE001 - nobody is there to hear it
            _log.warning("query_sever_failed error=%s", type(error).__name__)

    def _ask(self) -> None:
        try:
            self._stop()
        except Exception as error:  # noqa: BLE001 - drivers raise all sorts; the next attempt follows
            _log.warning("query_stop_failed error=%s", type(error).__name__)
