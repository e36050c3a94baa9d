"""`/api/organizations`: your own, switching between them, and all there are for who manages the installation."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from starlette.requests import Request

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.listing import Listing, listed
from core.api.models import In
from core.api.threads import blocking
from core.domain.member import Organization
from core.errors import NotFound
from core.services.access import AccessService
from core.services.organizations import MAX_NAME_LENGTH, OrganizationService


class OrganizationIn(In):
    """An organization to make."""

    name: Text = Field(max_length=MAX_NAME_LENGTH)
    timezone: Text = Field("UTC", max_length=60)


class OrganizationChange(In):
    """What to change; what is not named stays."""

    name: Text | None = Field(None, max_length=MAX_NAME_LENGTH)
    is_active: bool | None = None


def organization_routes(organizations: OrganizationService, access: AccessService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Organizations"])

    @router.get("/organizations", summary="Your organizations; all there are if you manage the installation")
    @blocking
    def list_organizations(caller: Caller, asked: Listing) -> Json:
        return listed([_out(one, caller.organization_id) for one in organizations.list(caller)], asked)

    @router.post("/organizations", status_code=201, summary="Make an organization; you are its first member")
    @blocking
    def create(body: OrganizationIn, caller: Caller) -> Json:
        made = organizations.create(caller, name=body.name, timezone=body.timezone)
        return _out(_one(organizations, caller, made), caller.organization_id)

    @router.patch("/organizations/{organization_id}", summary="Rename an organization, close it or open it again")
    @blocking
    def change(organization_id: UUID, body: OrganizationChange, caller: Caller) -> Json:
        now = _one(organizations, caller, organization_id)
        organizations.change(
            caller,
            organization_id,
            name=now.name if body.name is None else body.name,
            is_active=now.is_active if body.is_active is None else body.is_active,
        )
        return _out(_one(organizations, caller, organization_id), caller.organization_id)

    @router.post("/organizations/{organization_id}/enter", status_code=204, summary="Let this sign-in act there")
    @blocking
    def enter(organization_id: UUID, _caller: Caller, request: Request) -> Response:
        bearer = request.headers["authorization"].partition(" ")[2].strip()
        organizations.enter(access.session_of_bearer(bearer), organization_id)
        return Response(status_code=204)

    return router


def _one(organizations: OrganizationService, caller: Caller, organization_id: UUID) -> Organization:
    for one in organizations.list(caller):
        if one.id == organization_id:
            return one
    raise NotFound("This organization does not exist, or you do not belong to it.")


def _out(organization: Organization, current: UUID) -> Json:
    told: Json = {
        "id": str(organization.id),
        "name": organization.name,
        "role": organization.role or None,
        "is_active": organization.is_active,
        "is_current": organization.id == current,
    }
    return told if organization.people is None else {**told, "people": organization.people}
