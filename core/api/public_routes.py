"""Routes that need no token: health, what links of mails lead to, and what mail services report."""

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from core.access.rate_limit import RateLimit
from core.api.bounce_hooks import bounce_hooks
from core.api.invitation_pages import invitation_pages
from core.api.link_pages import link_pages
from core.api.reset_pages import reset_pages
from core.api.threads import run_in_api_thread
from core.api.unsubscribe_routes import unsubscribe_routes
from core.api.verify_routes import verify_routes
from core.bootstrap import Broadsheet

#: With RATE_LIMITS=on: tokens and keys that are none, of one network, a minute.
WRONG_TOKENS_PER_MINUTE = 30


def public_routes(broadsheet: Broadsheet) -> list[Route]:
    """Return `/healthz`, `/readyz`, what links of mails lead to, and where mail services report to."""
    is_limited = broadsheet.settings.rate_limits == "on"
    wrong = RateLimit(broadsheet.clock, per_minute=WRONG_TOKENS_PER_MINUTE if is_limited else None)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        parts = await run_in_api_thread(broadsheet.health.ready)
        fine = all(state == "ok" for state in parts.values())
        return JSONResponse({"status": "ok" if fine else "failing", "parts": parts}, status_code=200 if fine else 503)

    async def to_docs(_request: Request) -> Response:
        return RedirectResponse("/api/docs")

    return [
        Route("/api", to_docs, methods=["GET"]),  # the mount below answers from "/api/" on
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        *link_pages(broadsheet.link_opening, wrong, secure=broadsheet.settings.base_url.startswith("https://")),
        *unsubscribe_routes(broadsheet.unsubscribe, wrong),
        *verify_routes(broadsheet.verification, wrong),
        *invitation_pages(broadsheet.invitations, broadsheet.access, wrong),
        *reset_pages(broadsheet.passwords, wrong),
        *bounce_hooks(broadsheet.bounces, wrong),
    ]
