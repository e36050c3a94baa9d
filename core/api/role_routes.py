"""`/api/roles` and `/api/permissions`: what roles may do, and roles of an organization's own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.listing import Listing, listed
from core.api.models import In
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.domain.access import IN_WORDS, Permission, in_order
from core.domain.role import Role, RoleDraft
from core.services.roles import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, RoleService

IfMatch = Annotated[str | None, Header(alias="If-Match")]


class RoleIn(In):
    """A role to save."""

    name: Text = Field(max_length=MAX_NAME_LENGTH)
    description: Text = Field("", max_length=MAX_DESCRIPTION_LENGTH)
    permissions: list[Permission] = Field(max_length=len(Permission))

    def draft(self) -> RoleDraft:
        """Return it as a domain value."""
        return RoleDraft(name=self.name, description=self.description, permissions=frozenset(self.permissions))


def role_routes(roles: RoleService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["Roles"])

    @router.get("/permissions", summary="Every permission there is, in words")
    @blocking
    def list_permissions(caller: Caller, asked: Listing) -> Json:
        held = caller.permissions
        return listed([{"name": one, "may": IN_WORDS[one], "is_held": one in held} for one in Permission], asked)

    @router.get("/roles", summary="The roles of your organization, its own ones last")
    @blocking
    def list_roles(caller: Caller, asked: Listing) -> Json:
        return listed([_role_out(role) for role in roles.list(caller)], asked)

    @router.post("/roles", status_code=201, summary="Make a role of permissions that you hold")
    @blocking
    def create(body: RoleIn, caller: Caller) -> Json:
        return _role_out(roles.create(caller, body.draft()))

    @router.get("/roles/{role_id}", summary="One role")
    @blocking
    def get(role_id: UUID, caller: Caller, response: Response) -> Json:
        role = roles.get(caller, role_id)
        response.headers["ETag"] = f'"{role.version}"'
        return _role_out(role)

    @router.put("/roles/{role_id}", summary="Replace a role of your organization's own")
    @blocking
    def change(role_id: UUID, body: RoleIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            changed = roles.change(caller, role_id, body.draft(), expected_version=expected_version(if_match))
        return _role_out(changed)

    @router.delete("/roles/{role_id}", status_code=204, summary="Remove a role that nobody has")
    @blocking
    def delete(role_id: UUID, caller: Caller) -> Response:
        roles.delete(caller, role_id)
        return Response(status_code=204)

    return router


def _role_out(role: Role) -> Json:
    return {
        "id": str(role.id),
        "name": role.name,
        "description": role.description,
        "permissions": in_order(role.permissions),
        "may": [IN_WORDS[one] for one in in_order(role.permissions)],
        "is_built_in": role.is_built_in,
        "people": role.people,
        "version": role.version,
    }
