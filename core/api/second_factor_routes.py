"""The second factor over REST: set up, taken away, asked of everyone, and reset by an administrator."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.models import In, iso
from core.api.threads import blocking, checking_password
from core.services.second_factor import SecondFactorService


class OwnPassword(In):
    """The password one has."""

    password: Text = Field(max_length=1000)


class FactorCode(In):
    """A code of the app."""

    code: Text = Field(max_length=100)


class Proof(OwnPassword, FactorCode):
    """The password one has, and a code of the app or a recovery code."""


class SignInRules(In):
    """What an organization asks of everyone."""

    second_factor_required: bool


def second_factor_routes(factors: SecondFactorService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Signing in"])

    @router.get("/me/sign-in", summary="How you sign in")
    @blocking
    def standing(caller: Caller) -> Json:
        found = factors.standing(caller)
        return {
            "single_sign_on": found.uses_sso,
            "password_changed_at": iso(found.password_changed_at),
            "second_factor_since": iso(found.factor_since),
            "recovery_codes_left": found.recovery_left,
            "second_factor_required": found.is_factor_required,
        }

    @router.post("/me/second-factor", summary="Begin to set up an authenticator app")
    @checking_password
    def offer(body: OwnPassword, caller: Caller) -> Json:
        made = factors.offer(caller, body.password)
        return {"secret": made.secret, "uri": made.uri}

    @router.post("/me/second-factor/confirm", summary="Take the app into use by its first code")
    @blocking
    def confirm(body: FactorCode, caller: Caller) -> Json:
        return {"recovery_codes": list(factors.enrol(caller, body.code))}

    @router.post("/me/second-factor/recovery-codes", summary="Make new recovery codes; the old ones end")
    @checking_password
    def renew(body: Proof, caller: Caller) -> Json:
        return {"recovery_codes": list(factors.renew_codes(caller, password=body.password, code=body.code))}

    @router.post("/me/second-factor/remove", status_code=204, summary="Stop being asked for codes")
    @checking_password
    def remove(body: Proof, caller: Caller) -> Response:
        factors.remove(caller, password=body.password, code=body.code)
        return Response(status_code=204)

    @router.delete("/users/{user_id}/second-factor", status_code=204, summary="Reset the second factor of somebody")
    @blocking
    def reset(user_id: UUID, caller: Caller) -> Response:
        factors.reset(caller, user_id)
        return Response(status_code=204)

    @router.get("/sign-in-rules", summary="What your organization asks of everyone who signs in")
    @blocking
    def rules(caller: Caller) -> Json:
        return {"second_factor_required": factors.is_required(caller)}

    @router.put("/sign-in-rules", summary="Ask everyone for a second factor, or not")
    @blocking
    def demand(body: SignInRules, caller: Caller) -> Json:
        factors.demand(caller, required=body.second_factor_required)
        return {"second_factor_required": factors.is_required(caller)}

    return router
