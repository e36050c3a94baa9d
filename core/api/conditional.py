"""`ETag` on what is read, `If-Match` on what changes or deletes it, for every address of the API.

What counts its versions has the version for a tag, and its own route checks it where it saves. Anything else has a
digest of what was answered, which is compared here with what would be answered now, right before the change.
"""

import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.problems import PreconditionFailed, problem_of

_CHANGES = ("PUT", "PATCH")
_VERSION = re.compile(r'"\d+"')


class ConditionalMiddleware:
    """Stands behind the door: what is compared is what the caller may see."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tag the answer, or let a change through if it is one of what its author saw."""
        method = scope["method"] if scope["type"] == "http" else ""
        if method == "GET":
            await self._app(scope, receive, _tagging(send))
            return
        wanted = Headers(scope=scope).get("If-Match", "").strip() if method in (*_CHANGES, "DELETE") else ""
        if wanted in ("", "*") or await self._fits(scope, wanted):
            await self._app(scope, receive, send)
            return
        await problem_of(PreconditionFailed(place="If-Match"))(scope, receive, send)

    async def _fits(self, scope: Scope, wanted: str) -> bool:
        """Whether the change may go on: the tag is right, or the route itself says what is wrong."""
        status, tag = await self._now(scope)
        if status in (403, 404) or (scope["method"] in _CHANGES and _VERSION.fullmatch(tag)):
            return True
        return bool(tag) and tag in (one.strip().removeprefix("W/") for one in wanted.split(","))

    async def _now(self, scope: Scope) -> tuple[int, str]:
        """The status and the tag of what would be read."""
        status, tag = 0, ""

        async def look(message: Message) -> None:
            nonlocal status, tag
            if message["type"] == "http.response.start":
                status, tag = message["status"], Headers(raw=message["headers"]).get("ETag", "")

        reading = {**scope, "method": "GET", "query_string": b"", "state": dict(scope.get("state", {}))}
        await self._app(reading, _nothing, _tagging(look))
        return status, tag


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _tagging(send: Send) -> Send:
    """Return a `send` that gives an answer in one piece its tag, unless it has one."""
    held: list[Message] = []

    async def send_tagged(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            held.append(message)
            return
        if held:
            start = held.pop()
            headers = MutableHeaders(scope=start)
            if "ETag" not in headers and not message.get("more_body", False):
                headers["ETag"] = f'"{hashlib.sha256(message.get("body", b"")).hexdigest()[:32]}"'
            await send(start)
        await send(message)

    return send_tagged
