"""`/api/bounce-intakes` and `/api/bounces`: the mail services that report bounces, and what came back."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, PageLimit, PageNumber, Text
from core.api.listing import Listing, listed
from core.api.models import In, iso, page_out
from core.api.threads import blocking
from core.domain.bounce import Bounce, BounceIntake
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
    def list_intakes(caller: Caller, asked: Listing) -> Json:
        return listed([_out(one, base_url) for one in bounces.intakes(caller)], asked)

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


def bounce_list_routes(bounces: BounceService) -> APIRouter:
    """Return the route that lists what came back."""
    router = APIRouter(prefix="/bounces", tags=["Bounces"])

    @router.get("", summary="Mail that came back, the newest first")
    @blocking
    def list_bounces(
        caller: Caller,
        provider: Annotated[str | None, Query(max_length=50)] = None,
        page: PageNumber = 1,
        limit: PageLimit = 50,
    ) -> Json:
        return page_out(bounces.list(caller, provider=provider, page=page, limit=limit), _bounce_out)

    return router


def _bounce_out(bounce: Bounce) -> Json:
    return {
        "id": str(bounce.id),
        "provider": bounce.provider,
        "kind": str(bounce.kind),
        "address": bounce.address,
        "reason": bounce.reason,
        "happened_at": iso(bounce.happened_at),
        "delivery_id": None if bounce.delivery_id is None else str(bounce.delivery_id),
        "is_left_alone": bounce.is_left_alone,
    }


def _out(intake: BounceIntake, base_url: str) -> Json:
    return {
        "provider": intake.provider,
        "label": intake.label,
        "is_set_up": intake.is_set_up,
        "url": f"{base_url}{intake.path}" if intake.is_set_up else None,
        "secrets": intake.secret_fields,
        "updated_at": iso(intake.updated_at),
        "last": None if intake.last is None else _bounce_out(intake.last),
    }
