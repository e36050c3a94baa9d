"""The browser's session cookie: set after a sign-in and cleared at sign-out; it decides nothing about passwords."""

import json
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import NotSignedIn

if TYPE_CHECKING:
    from uuid import UUID

    from core.domain.access import Principal

#: Scripts cannot read it; the screens read it on the server from the page's own request.
SESSION_COOKIE = "broadsheet_session"
SESSION_MAX_AGE_S = 14 * 24 * 3600
_MAX_BODY_BYTES = 4096


class Sessions(Protocol):
    """The part of the access service these routes need."""

    def open_session(self, user_id: "UUID") -> str:
        """Start a session and return its secret."""
        ...

    def principal_for_session(self, token: str) -> "Principal":
        """Return who is behind a session, or raise NotSignedIn."""
        ...

    def close_session(self, token: str) -> None:
        """End a session."""
        ...


def session_routes(access: Sessions, *, secure: bool) -> list[Route]:
    """Return `POST /auth/enter` and `POST /auth/leave`. `secure`: the app is reached over HTTPS.

    The sign-in screen opens a session and hands its secret to the page once. `/auth/enter` swaps that secret for a
    fresh one that goes into an HttpOnly cookie and ends the first, so what the page has seen is worth nothing after.
    """

    async def enter(request: Request) -> Response:
        if not _is_same_origin(request):
            return Response(status_code=403)
        ticket = await _ticket(request)
        if ticket is None:
            return Response(status_code=400)
        try:
            token = await run_in_threadpool(_swap, access, ticket)
        except NotSignedIn:
            return Response(status_code=401)
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            SESSION_COOKIE, token, max_age=SESSION_MAX_AGE_S, path="/", httponly=True, samesite="lax", secure=secure
        )
        return response

    async def leave(request: Request) -> Response:
        if not _is_same_origin(request):
            return Response(status_code=403)
        token = request.cookies.get(SESSION_COOKIE)
        if token:
            await run_in_threadpool(access.close_session, token)
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=secure)
        return response

    return [Route("/auth/enter", enter, methods=["POST"]), Route("/auth/leave", leave, methods=["POST"])]


def _swap(access: Sessions, ticket: str) -> str:
    principal = access.principal_for_session(ticket)
    token = access.open_session(principal.user_id)
    access.close_session(ticket)
    return token


def _is_same_origin(request: Request) -> bool:
    """Whether a page of ours asks: browsers send `Origin` with every POST, and another site cannot forge it."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


async def _ticket(request: Request) -> str | None:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            return None
    try:
        data = json.loads(bytes(body))
    except ValueError:
        return None
    ticket = data.get("ticket") if isinstance(data, dict) else None
    return ticket if isinstance(ticket, str) and ticket else None
