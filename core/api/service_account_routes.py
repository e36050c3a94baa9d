"""`/api/service-accounts`: programs with a role and tokens of their own, managed by who manages people."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.listing import Listing, listed
from core.api.models import ApiTokenIn, In
from core.api.threads import blocking
from core.api.token_routes import token_out
from core.domain.member import ServiceAccount
from core.services.service_accounts import MAX_NAME_LENGTH, ServiceAccountService


class ServiceAccountIn(In):
    """A service account to make."""

    name: Text = Field(max_length=MAX_NAME_LENGTH)
    role: Text = Field(max_length=100)


class ServiceAccountRoleIn(In):
    """Another role for a service account."""

    role: Text = Field(max_length=100)


def service_account_routes(accounts: ServiceAccountService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/service-accounts", tags=["Service accounts"])

    @router.get("", summary="The service accounts of your organization")
    @blocking
    def list_accounts(caller: Caller, asked: Listing) -> Json:
        return listed([_account_out(one) for one in accounts.list(caller)], asked)

    @router.post("", status_code=201, summary="Make a service account; it has no password, only tokens")
    @blocking
    def create(body: ServiceAccountIn, caller: Caller) -> Json:
        made = accounts.create(caller, name=body.name, role=body.role)
        return next(_account_out(one) for one in accounts.list(caller) if one.id == made)

    @router.patch("/{account_id}", summary="Give it another role, from the next request of its tokens on")
    @blocking
    def change(account_id: UUID, body: ServiceAccountRoleIn, caller: Caller) -> Json:
        accounts.change_role(caller, account_id, body.role)
        return next(_account_out(one) for one in accounts.list(caller) if one.id == account_id)

    @router.delete("/{account_id}", status_code=204, summary="End a service account with its tokens, at once")
    @blocking
    def remove(account_id: UUID, caller: Caller) -> Response:
        accounts.remove(caller, account_id)
        return Response(status_code=204)

    @router.get("/{account_id}/tokens", summary="The tokens of a service account")
    @blocking
    def list_tokens(account_id: UUID, caller: Caller, asked: Listing) -> Json:
        return listed([token_out(token) for token in accounts.tokens(caller, account_id)], asked)

    @router.post("/{account_id}/tokens", status_code=201, summary="Make a token for it; its secret is shown once")
    @blocking
    def create_token(account_id: UUID, body: ApiTokenIn, caller: Caller) -> Json:
        made, secret = accounts.create_token(
            caller, account_id, name=body.name, expires_at=body.expires_at, scopes=body.scopes
        )
        return {**token_out(made), "token": secret}

    @router.delete("/{account_id}/tokens/{token_id}", status_code=204, summary="Revoke a token of it")
    @blocking
    def revoke_token(account_id: UUID, token_id: UUID, caller: Caller) -> Response:
        accounts.revoke_token(caller, account_id, token_id)
        return Response(status_code=204)

    return router


def _account_out(account: ServiceAccount) -> Json:
    return {
        "id": str(account.id),
        "name": account.name,
        "role": account.role,
        "responsible": account.responsible or None,
        "tokens": account.tokens,
        "created_at": account.created_at.isoformat(),
    }
