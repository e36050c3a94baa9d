"""Headers that every response carries: what a browser may do with it, and who may keep it."""

import base64
import hashlib
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Screens draw with inline styles. Of the scripts that stand in a page only those run whose hash is named. Nothing may
#: come from another host and nothing may go to one: what a script steals has no way out.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' {scripts} 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "connect-src 'self' {socket}",
        "worker-src 'self' blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
#: What is data: nothing in it is ever to be run or shown as a page.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_YEAR_S = 31_536_000
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SafetyHeadersMiddleware:
    """Adds the headers a response does not set itself.

    `is_https`: people reach the app over HTTPS. `scripts`: the texts of the scripts that may stand in a page.
    """

    def __init__(self, app: ASGIApp, *, is_https: bool = False, scripts: Iterable[str] = ()) -> None:
        self._app = app
        self._scripts = " ".join(map(script_hash, scripts))
        self._always = dict(_ALWAYS)
        if is_https:
            self._always["Strict-Transport-Security"] = f"max-age={_YEAR_S}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the response's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._complete(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # What nobody foresaw is answered outside of this, where these headers would be missing.
            if not has_begun:
                await PlainTextResponse("Something went wrong.", status_code=500)(scope, receive, send_with_headers)
            raise

    def _complete(self, headers: MutableHeaders, scope: Scope) -> None:
        for name, value in self._always.items():
            headers.setdefault(name, value)
        is_data = scope["path"].startswith("/api/") and not headers.get("content-type", "").startswith("text/html")
        policy = DATA_POLICY if is_data else PAGE_POLICY.format(socket=_sockets(scope), scripts=self._scripts)
        headers.setdefault("Content-Security-Policy", policy)
        if is_data or scope["path"].startswith(("/auth/", "/charts/", "/media/")):
            headers.setdefault("Cache-Control", "no-store")


def inline_scripts(page: str) -> tuple[str, ...]:
    """Return the texts of the scripts that stand in a page."""
    return tuple(_INLINE.findall(page))


def script_hash(script: str) -> str:
    """Return how a content security policy names a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _sockets(scope: Scope) -> str:
    """The page's own WebSocket, for browsers that do not count it as `'self'`."""
    host = Headers(scope=scope).get("host", "")
    is_name = bool(host) and all(one.isascii() and (one.isalnum() or one in ".-:[]") for one in host)
    return f"ws://{host} wss://{host}" if is_name else ""
