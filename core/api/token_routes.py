"""`/api/me` and `/api/tokens`: API tokens for people who call the API."""

from uuid import UUID

from fastapi import APIRouter, Response

from core.api.authentication import Caller
from core.api.inputs import Json
from core.api.listing import Listing, listed
from core.api.models import ApiTokenIn, iso, principal_out
from core.api.threads import blocking
from core.domain.access import in_order
from core.domain.member import ApiToken
from core.services.tokens import TokenService


def token_routes(tokens: TokenService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Tokens"])

    @router.get("/me", summary="Who the token belongs to")
    @blocking
    def me(caller: Caller) -> Json:
        return principal_out(caller)

    @router.get("/tokens", summary="Your personal API tokens")
    @blocking
    def list_tokens(caller: Caller, asked: Listing) -> Json:
        return listed([token_out(token) for token in tokens.list(caller)], asked)

    @router.post("/tokens", status_code=201, summary="Make a personal API token; its secret is shown once")
    @blocking
    def create_token(body: ApiTokenIn, caller: Caller) -> Json:
        made, secret = tokens.create(caller, name=body.name, expires_at=body.expires_at, scopes=body.scopes)
        return {**token_out(made), "token": secret}

    @router.delete("/tokens/{token_id}", status_code=204, summary="Revoke a personal API token")
    @blocking
    def revoke_token(token_id: UUID, caller: Caller) -> Response:
        tokens.revoke(caller, token_id)
        return Response(status_code=204)

    return router


def token_out(token: ApiToken) -> Json:
    """Return a token's JSON, without its secret."""
    return {
        "id": str(token.id),
        "name": token.name,
        "scopes": None if token.scopes is None else in_order(token.scopes),
        "created_at": token.created_at.isoformat(),
        "expires_at": iso(token.expires_at),
        "last_used_at": iso(token.last_used_at),
    }
