"""`/api/me/sessions`: where a person is signed in, and ending it."""

from uuid import UUID

from fastapi import APIRouter, Response
from starlette.requests import Request

from core.api.authentication import Caller
from core.api.inputs import Json
from core.api.listing import Listing, listed
from core.api.models import iso
from core.api.password_routes import bearer_of
from core.api.threads import blocking
from core.domain.sign_in import SessionLine
from core.services.access import AccessService
from core.services.sessions import SessionService, require_signed_in


def account_routes(sessions: SessionService, access: AccessService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Signing in"])

    @router.get("/me/sessions", summary="Where you are signed in")
    @blocking
    def list_sessions(caller: Caller, request: Request, asked: Listing) -> Json:
        require_signed_in(caller)
        own = access.session_of_bearer(bearer_of(request))
        return listed([_session_out(one) for one in sessions.list(caller, own)], asked)

    @router.delete("/me/sessions/{session_id}", status_code=204, summary="End one of your sessions at once")
    @blocking
    def revoke(session_id: UUID, caller: Caller) -> Response:
        sessions.revoke(caller, session_id)
        return Response(status_code=204)

    @router.post("/me/sessions/end-others", summary="End all your sessions but this one")
    @blocking
    def end_others(caller: Caller, request: Request) -> Json:
        require_signed_in(caller)
        return {"ended": sessions.revoke_others(caller, access.session_of_bearer(bearer_of(request)))}

    return router


def _session_out(one: SessionLine) -> Json:
    return {
        "id": str(one.id),
        "organization": one.organization,
        "device": one.device,
        "address": one.address,
        "created_at": one.created_at.isoformat(),
        "last_seen_at": iso(one.last_seen_at),
        "expires_at": one.expires_at.isoformat(),
        "is_current": one.is_current,
    }
