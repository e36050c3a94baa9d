"""Only pages of ours may act with a browser's cookie: other sites' requests and WebSockets are turned away."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What browsers say of requests that a page of the same origin, or the person, began. Scripts cannot set it.
_OWN_SITES = frozenset({"same-origin", "none"})
_POLICY_VIOLATION = 1008


class OwnPagesMiddleware:
    """Answers 403 to what a page of another origin asks for with a cookie. `base_url`: where people reach the app."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self._app = app
        self._own = urlsplit(base_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what pages of ours and programs ask for."""
        if scope["type"] == "websocket" and not self._is_our_socket(Headers(scope=scope)):
            # The session is in it from the first message on; Streamlit itself lets every page of this machine in.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        if scope["type"] == "http" and scope["method"] not in _READS and not self._is_our_request(Headers(scope=scope)):
            answer = PlainTextResponse("This was asked for by a page of another site.", status_code=403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_our_socket(self, headers: Headers) -> bool:
        """Browsers always say the origin of a WebSocket; programs do not."""
        return "origin" not in headers or self._is_own_origin(headers)

    def _is_our_request(self, headers: Headers) -> bool:
        if "cookie" not in headers:
            return True
        if "sec-fetch-site" in headers:
            return headers["sec-fetch-site"] in _OWN_SITES
        # Forms of pages that keep their address to themselves say "null".
        return headers.get("origin", "null") == "null" or self._is_own_origin(headers)

    def _is_own_origin(self, headers: Headers) -> bool:
        return urlsplit(headers["origin"]).netloc.lower() in (headers.get("host", "").lower(), self._own)
