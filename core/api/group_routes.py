"""`/api/groups` and `/api/users`: groups of recipients, and the people of the organization."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, PageLimit, PageNumber, Search, Text
from core.api.models import In, iso, page_out
from core.api.preconditions import expected_version, stale_as_412
from core.api.threads import blocking
from core.domain.group import Group, GroupDraft, GroupMember, Person
from core.services.groups import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, GroupService

IfMatch = Annotated[str | None, Header(alias="If-Match")]
SearchFor = Annotated[Search, Query(alias="search")]


class MemberIn(In):
    """Somebody in a group: a person of the organization by `user_id`, or an outside `address`."""

    user_id: UUID | None = None
    address: Text = Field("", max_length=320)
    name: Text = Field("", max_length=200)
    locale: Text = Field("", max_length=40)

    def member(self) -> GroupMember:
        """Return it as a domain value."""
        return GroupMember(**self.model_dump())


class GroupIn(In):
    """A group to save, with everybody in it."""

    name: Text = Field(max_length=MAX_NAME_LENGTH)
    description: Text = Field("", max_length=MAX_DESCRIPTION_LENGTH)
    members: list[MemberIn] = Field(default_factory=list)

    def draft(self) -> GroupDraft:
        """Return it as a domain value."""
        members = tuple(member.member() for member in self.members)
        return GroupDraft(name=self.name, description=self.description, members=members)


def group_routes(groups: GroupService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["People and groups"])

    @router.get("/users", summary="The people of your organization by name, those who left last")
    @blocking
    def list_people(caller: Caller, search: SearchFor = "", page: PageNumber = 1, limit: PageLimit = 50) -> Json:
        return page_out(groups.people(caller, search=search, page=page, limit=limit), person_out)

    @router.get("/groups", summary="Groups of recipients by name, without their members")
    @blocking
    def list_groups(caller: Caller, search: SearchFor = "", page: PageNumber = 1, limit: PageLimit = 50) -> Json:
        return page_out(groups.list(caller, search=search, page=page, limit=limit), group_out)

    @router.post("/groups", status_code=201, summary="Make a group")
    @blocking
    def create(body: GroupIn, caller: Caller) -> Json:
        return _whole(groups.create(caller, body.draft()))

    @router.get("/groups/{group_id}", summary="One group, who is in it, and the schedules that send to it")
    @blocking
    def get(group_id: UUID, caller: Caller, response: Response) -> Json:
        group = groups.get(caller, group_id)
        response.headers["ETag"] = f'"{group.version}"'
        used_by = [{"id": str(one), "name": name} for one, name in groups.schedules_of(caller, group_id)]
        return {**_whole(group), "used_by": used_by}

    @router.put("/groups/{group_id}", summary="Replace a group, from the next run of its schedules on")
    @blocking
    def change(group_id: UUID, body: GroupIn, caller: Caller, if_match: IfMatch = None) -> Json:
        with stale_as_412(if_match):
            changed = groups.change(caller, group_id, body.draft(), expected_version=expected_version(if_match))
        return _whole(changed)

    @router.delete("/groups/{group_id}", status_code=204, summary="Remove a group; refused while schedules send to it")
    @blocking
    def delete(group_id: UUID, caller: Caller) -> Response:
        groups.delete(caller, group_id)
        return Response(status_code=204)

    return router


def group_out(group: Group) -> Json:
    """Return a group's JSON without its members."""
    return {
        "id": str(group.id),
        "name": group.name,
        "description": group.description,
        "member_count": group.member_count,
        "version": group.version,
        "created_at": group.created_at.isoformat(),
        "updated_at": group.updated_at.isoformat(),
    }


def person_out(person: Person) -> Json:
    """Return a person's JSON."""
    return {
        "id": str(person.user_id),
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "is_active": person.is_here,
        "left_at": iso(person.left_at),
        "deactivated_at": iso(person.deactivated_at),
    }


def _whole(group: Group) -> Json:
    members = [
        {
            "user_id": member.user_id and str(member.user_id),
            "address": member.address,
            "name": member.name,
            "locale": member.locale,
            "is_active": member.is_here,
        }
        for member in group.members
    ]
    return {**group_out(group), "members": members}
