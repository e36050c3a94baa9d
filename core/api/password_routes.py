"""Passwords over REST: changed by their owner, or set anew with a mailed link."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from starlette.requests import Request

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.models import In
from core.api.threads import blocking, checking_password
from core.api.visitors import visit_of
from core.services.access import AccessService
from core.services.passwords import ASKED, PasswordService
from core.services.sign_in import SignInService


class Forgotten(In):
    """Whose password was forgotten."""

    username: Text = Field(max_length=320)


class Reset(In):
    """The secret of a mailed link, and the new password."""

    token: Text = Field(max_length=200)
    password: Text = Field(max_length=1000)


class PasswordChange(In):
    """The password one has, and the one to have."""

    old: Text = Field(max_length=1000)
    new: Text = Field(max_length=1000)


def password_routes(passwords: PasswordService, sign_in: SignInService, access: AccessService) -> APIRouter:
    """Return the routes. Attempts with links count as attempts to sign in."""
    router = APIRouter(tags=["Signing in"])

    @router.post("/auth/password/forgot", status_code=202, summary="Mail a link that sets a new password")
    @blocking
    def forgot(body: Forgotten, request: Request) -> Json:
        visit = visit_of(request)
        sign_in.admit(visit)
        passwords.forgot(body.username, visit)
        return {"message": ASKED}

    @router.post("/auth/password/reset", status_code=204, summary="Set a new password with a mailed link")
    @checking_password
    def reset(body: Reset, request: Request) -> Response:
        sign_in.admit(visit_of(request))
        passwords.reset(body.token, body.password)
        return Response(status_code=204)

    @router.put("/me/password", status_code=204, summary="Change your password; every other session ends")
    @checking_password
    def change(body: PasswordChange, caller: Caller, request: Request) -> Response:
        own = None if caller.by_token else access.session_of_bearer(bearer_of(request))
        passwords.change(caller, old=body.old, new=body.new, session_token=own)
        return Response(status_code=204)

    @router.post("/users/{user_id}/password-link", status_code=202, summary="Mail somebody a link for a new password")
    @blocking
    def send_link(user_id: UUID, caller: Caller) -> Json:
        passwords.send_link(caller, user_id)
        return {"message": "The link is on its way."}

    return router


def bearer_of(request: Request) -> str:
    """Return the bearer token of a request that has one."""
    return request.headers["authorization"].partition(" ")[2].strip()
