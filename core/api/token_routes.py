"""`/api/auth` and `/api/tokens`: bearer tokens for people who call the API."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from core.access.rate_limit import RateLimit
from core.api.authentication import Caller
from core.api.inputs import Json
from core.api.models import ApiTokenIn, SignIn, TokenOut, principal_out, whole_out
from core.api.threads import blocking, checking_password
from core.services.access import AccessService, ApiToken


def token_routes(access: AccessService, sign_ins: RateLimit) -> APIRouter:
    """Return the routes. `sign_ins` limits how often one client address may fail to sign in."""
    router = APIRouter(tags=["Sign-in and tokens"])

    async def admitted(request: Request) -> str:
        """Return the client's address; refused before the request waits for a thread."""
        address = request.client.host if request.client else ""
        sign_ins.take(address)
        return address

    @router.post("/auth/token", summary="Exchange an address and password for a bearer token")
    @checking_password
    def sign_in(body: SignIn, address: Annotated[str, Depends(admitted)]) -> TokenOut:
        token, expires_in = access.issue_jwt(body.username, body.password)
        sign_ins.give_back(address)
        return TokenOut(access_token=token, expires_in=expires_in)

    @router.get("/me", summary="Who the token belongs to")
    @blocking
    def me(caller: Caller) -> Json:
        return principal_out(caller)

    @router.get("/tokens", summary="Your personal API tokens")
    @blocking
    def list_tokens(caller: Caller) -> Json:
        return whole_out([_token_out(token) for token in access.list_tokens(caller)])

    @router.post("/tokens", status_code=201, summary="Make a personal API token; its secret is shown once")
    @blocking
    def create_token(body: ApiTokenIn, caller: Caller) -> Json:
        made, secret = access.create_token(caller, name=body.name, expires_at=body.expires_at)
        return {**_token_out(made), "token": secret}

    @router.delete("/tokens/{token_id}", status_code=204, summary="Revoke a personal API token")
    @blocking
    def revoke_token(token_id: UUID, caller: Caller) -> Response:
        access.revoke_token(caller, token_id)
        return Response(status_code=204)

    return router


def _token_out(token: ApiToken) -> Json:
    return {
        "id": str(token.id),
        "name": token.name,
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }
