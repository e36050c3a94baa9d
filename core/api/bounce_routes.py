"""`/api/bounce-intakes`: the mail services that report bounces to an organization."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.models import In, iso, whole_out
from core.api.threads import blocking
from core.domain.bounce import BounceIntake
from core.services.bounces import BounceService

Provider = Annotated[str, Path(max_length=50)]


class IntakeIn(In):
    """What a service is known by. It goes in and never comes out."""

    secrets: dict[str, Annotated[Text, Field(max_length=2000)]] = Field(max_length=5)


def bounce_routes(bounces: BounceService, base_url: str) -> APIRouter:
    """Return the routes. `base_url`: the address of the app, which services are given."""
    router = APIRouter(prefix="/bounce-intakes", tags=["Bounces"])

    @router.get("", summary="The mail services that are understood, and where they report to")
    @blocking
    def list_intakes(caller: Caller) -> Json:
        return whole_out([_out(one, base_url) for one in bounces.intakes(caller)])

    @router.put("/{provider}", summary="Hear a mail service; its address is a new one each time")
    @blocking
    def set_up(provider: Provider, body: IntakeIn, caller: Caller) -> Json:
        return _out(bounces.set_up(caller, provider, body.secrets), base_url)

    @router.delete("/{provider}", status_code=204, summary="Hear a mail service no more")
    @blocking
    def remove(provider: Provider, caller: Caller) -> Response:
        bounces.remove(caller, provider)
        return Response(status_code=204)

    return router


def _out(intake: BounceIntake, base_url: str) -> Json:
    return {
        "provider": intake.provider,
        "label": intake.label,
        "is_set_up": intake.is_set_up,
        "url": f"{base_url}{intake.path}" if intake.is_set_up else None,
        "secrets": intake.secret_fields,
        "updated_at": iso(intake.updated_at),
    }
