"""`Idempotency-Key` on every POST: what is sent twice under one key is done once and answered the same.

As draft-ietf-httpapi-idempotency-key-header-07 has it: 422 where the key stands for another request, 409 while the
first one is under way. A refusal does nothing, so that its key is free again.
"""

import base64
import hashlib
import json
import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.bodies import read_body
from core.api.problems import problem_of
from core.api.threads import run_in_api_thread
from core.domain.access import Principal
from core.errors import BroadsheetError, InvalidInput
from core.services.answers import PLACE, AnswerService

REPLAYED = "Idempotent-Replayed"
#: Files are brought without a key: a staged upload that comes twice harms nobody.
MAX_BODY_BYTES = 4 * 1024 * 1024
_USABLE = re.compile(r'"?[\x21\x23-\x7e]{1,255}"?')
_KEPT_HEADERS = (b"content-type", b"etag", b"location")


class IdempotencyMiddleware:
    """Stands behind the door: it needs to know who calls."""

    def __init__(self, app: ASGIApp, *, answers: AnswerService) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry the request out, or answer it as before."""
        principal = scope.get("state", {}).get("principal")
        key = Headers(scope=scope).get(PLACE) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None or not isinstance(principal, Principal):
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole(Request(scope, receive), key)
            sha256 = _fingerprint(scope, body)
            kept = await run_in_api_thread(self._answers.begin, principal, key, request_sha256=sha256)
        except BroadsheetError as error:
            await problem_of(error)(scope, receive, send)
            return
        if kept is not None:
            await _again(kept)(scope, receive, send)
            return
        await self._carry_out(scope, send, principal=principal, key=key, body=body)

    async def _carry_out(self, scope: Scope, send: Send, *, principal: Principal, key: str, body: bytes) -> None:
        said = _Said(send)
        try:
            await self._app(scope, _once(body), said)
        finally:
            if said.is_done:
                await run_in_api_thread(self._answers.keep, principal, key, said.written())
            else:
                await run_in_api_thread(self._answers.let_go, principal, key)
        # Sent when it is kept: who has the answer may ask again.
        await said.send_on()


class _Said:
    """Collects an answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self._messages.append(message)

    @property
    def is_done(self) -> bool:
        """Whether what was asked was done."""
        return bool(self._messages) and 200 <= self._messages[0]["status"] < 300

    def written(self) -> str:
        """The answer as text."""
        start, *parts = self._messages
        headers = [[name.decode(), value.decode()] for name, value in start["headers"] if name in _KEPT_HEADERS]
        body = b"".join(part.get("body", b"") for part in parts)
        return json.dumps([start["status"], headers, base64.b64encode(body).decode()])

    async def send_on(self) -> None:
        """Send it."""
        for message in self._messages:
            await self._send(message)


def _again(kept: str) -> Response:
    status, headers, body = json.loads(kept)
    return Response(base64.b64decode(body), status_code=status, headers={**dict(headers), REPLAYED: "true"})


async def _whole(request: Request, key: str) -> bytes:
    if not _USABLE.fullmatch(key):
        raise InvalidInput("An Idempotency-Key has 1 to 255 characters without spaces.", place=PLACE)
    body = await read_body(request, MAX_BODY_BYTES)
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInput("An Idempotency-Key goes with bodies of up to 4 MB.", place=PLACE)
    return body


def _fingerprint(scope: Scope, body: bytes) -> str:
    asked = f"{scope['path']}?{scope.get('query_string', b'').decode('latin-1')}\n"
    return hashlib.sha256(asked.encode() + body).hexdigest()


def _once(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
