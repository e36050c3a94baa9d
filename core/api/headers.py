"""Headers that every response carries: what a browser may do with it, and who may keep it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Screens draw with inline styles, and Streamlit runs the scripts that ours hand to it inline. Nothing may come from
#: another host and nothing may go to one: what a script steals has no way out.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
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
_YEAR_S = 31_536_000
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SafetyHeadersMiddleware:
    """Adds the headers a response does not set itself. `is_https`: people reach the app over HTTPS."""

    def __init__(self, app: ASGIApp, *, is_https: bool = False) -> None:
        self._app = app
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
        policy = DATA_POLICY if is_data else PAGE_POLICY.format(socket=_sockets(scope))
        headers.setdefault("Content-Security-Policy", policy)
        if is_data or scope["path"].startswith(("/auth/", "/charts/", "/media/")):
            headers.setdefault("Cache-Control", "no-store")


def _sockets(scope: Scope) -> str:
    """The page's own WebSocket, for browsers that do not count it as `'self'`."""
    host = Headers(scope=scope).get("host", "")
    is_name = bool(host) and all(one.isascii() and (one.isalnum() or one in ".-:[]") for one in host)
    return f"ws://{host} wss://{host}" if is_name else ""
