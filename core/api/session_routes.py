"""The browser's session cookie: set after a sign-in and cleared at sign-out; it decides nothing about passwords."""

import json
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.api.session_cookie import SESSION_COOKIE
from core.api.visitors import visit_of
from core.errors import NotSignedIn
from core.services.access import AccessService
from core.services.sessions import SESSION_LASTS, SessionService

SESSION_MAX_AGE_S = int(SESSION_LASTS.total_seconds())
_NOT_KEPT = {"Cache-Control": "no-store"}
_MAX_BODY_BYTES = 4096


def session_routes(sessions: SessionService, access: AccessService, *, secure: bool) -> list[Route]:
    """Return `/auth/enter`, `/auth/leave` and `/auth/here`. `secure`: the app is reached over HTTPS.

    The sign-in screen opens a session and hands its secret to the page once. `/auth/enter` swaps that secret for a
    fresh one that goes into an HttpOnly cookie and ends the first, so what the page has seen is worth nothing after.
    `/auth/here` tells an open page whether its session still stands, so that what it shows goes when the session does.
    """

    async def enter(request: Request) -> Response:
        if not _is_same_origin(request):
            return Response(status_code=403)
        ticket = await _ticket(request)
        if ticket is None:
            return Response(status_code=400)
        try:
            token = await run_in_threadpool(
                sessions.swap, ticket, visit_of(request), replaces=request.cookies.get(SESSION_COOKIE)
            )
        except NotSignedIn:
            return Response(status_code=401)
        response = Response(status_code=204, headers=_NOT_KEPT)
        response.set_cookie(
            SESSION_COOKIE, token, max_age=SESSION_MAX_AGE_S, path="/", httponly=True, samesite="lax", secure=secure
        )
        return response

    async def leave(request: Request) -> Response:
        if not _is_same_origin(request):
            return Response(status_code=403)
        token = request.cookies.get(SESSION_COOKIE)
        if token:
            await run_in_threadpool(sessions.close, token)
        response = Response(status_code=204, headers=_NOT_KEPT)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=secure)
        return response

    async def here(request: Request) -> Response:
        token = request.cookies.get(SESSION_COOKIE)
        try:
            await run_in_threadpool(access.principal_for_session, token or "")
        except NotSignedIn:
            return Response(status_code=401, headers=_NOT_KEPT)
        return Response(status_code=204, headers=_NOT_KEPT)

    return [
        Route("/auth/enter", enter, methods=["POST"]),
        Route("/auth/leave", leave, methods=["POST"]),
        Route("/auth/here", here, methods=["GET"]),
    ]


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
