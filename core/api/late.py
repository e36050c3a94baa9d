"""An ASGI app that is made when it is first asked, so that the start of the process does not wait for it."""

import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from core.api.threads import run_in_api_thread


class LateApp:
    """Stands for the app that `make` returns; it is made once, off the event loop."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: ASGIApp | None = None
        self._lock = threading.Lock()

    def load(self) -> ASGIApp:
        """Return the app, made now if it is not there yet. Any thread may call it."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        app = await run_in_api_thread(self.load) if self._made is None else self._made
        await app(scope, receive, send)
