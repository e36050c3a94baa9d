"""Every request has an id: the caller's or a new one; it is on the answer and on every line logged meanwhile."""

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.logs import log_context

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
#: A caller's own id is taken if it is nothing but an id: it goes into logs.
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Paths elsewhere may hold secrets, the tokens of links.
_LOGGED = "/api/"


class RequestIdMiddleware:
    """Names requests, and logs those of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _USABLE.fullmatch(given) else uuid4().hex
        began, status = time.monotonic(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with log_context("request", request=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if scope["path"].startswith(_LOGGED):
                    took_ms = round((time.monotonic() - began) * 1000)
                    logger.info(
                        "request_answered method=%s path=%s status=%s took_ms=%s",
                        scope["method"],
                        scope["path"],
                        status,
                        took_ms,
                    )
