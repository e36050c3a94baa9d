"""Groups of recipients as files: people by their sign-in, others by their address."""

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from core.domain.group import Group, GroupDraft, GroupMember
from core.domain.json_values import Name, Words, refusal
from core.services.as_code.desk import PAGE, Desk, Json, every, shortened
from core.services.as_code.kind import GROUPS, FileModel, Plain, text_of
from core.services.as_code.people import emails_of, person_id


class MemberFile(FileModel):
    """Somebody in a group."""

    user: Name | None = Field(None, description="The address that somebody of the organization signs in with.")
    address: Name | None = Field(None, description="Or an outside address.")
    name: Words = Field("", description="What an outside address is called.")
    locale: Words = Field("", description="The language they read, as in en-GB.")

    @model_validator(mode="after")
    def _check_one(self) -> "MemberFile":
        if (self.user is None) == (self.address is None):
            raise refusal("Name either a 'user' or an 'address'.")
        return self


class GroupFile(FileModel):
    """A group of recipients."""

    name: Name = Field(description="What it is called; schedules name it so.")
    description: Words = Field("", description="Who they are.")
    members: tuple[MemberFile, ...] = Field((), description="Who is in it.")


class GroupKind(Plain):
    """The groups of an organization."""

    folder: ClassVar[str] = GROUPS
    has_namesakes: ClassVar[bool] = False
    model: ClassVar[type[BaseModel]] = GroupFile

    def read_all(self, desk: Desk) -> Iterator[tuple[UUID, str, Json | str]]:
        """Every group with its members."""
        groups = desk.tools.groups
        for group in every(lambda number: groups.list(desk.principal, page=number, limit=PAGE)):
            yield group.id, group.name, self.read(desk, group.id)

    def read(self, desk: Desk, thing_id: UUID) -> Json:
        """One group."""
        group = desk.tools.groups.get(desk.principal, thing_id)
        return shortened({"name": group.name, "description": group.description, "members": _members(desk, group)})

    def put(self, desk: Desk, data: Json, thing_id: UUID | None) -> UUID:
        """Keep a group; its schedules send to the new members from the next run on."""
        members = tuple(_member(desk, one, f"members[{n}].user") for n, one in enumerate(data.get("members", ())))
        draft = GroupDraft(name=data["name"], description=text_of(data, "description"), members=members)
        if thing_id is None:
            return desk.tools.groups.create(desk.principal, draft).id
        return desk.tools.groups.change(desk.principal, thing_id, draft).id

    def remove(self, desk: Desk, thing_id: UUID) -> None:
        """Take a group away."""
        desk.tools.groups.delete(desk.principal, thing_id)


def _members(desk: Desk, group: Group) -> list[Json]:
    emails = emails_of(desk, (one.user_id for one in group.members if one.user_id is not None))
    found = [
        shortened({"user": emails.get(one.user_id, one.address), "locale": one.locale})
        if one.user_id is not None
        else shortened({"address": one.address, "name": one.name, "locale": one.locale})
        for one in group.members
    ]
    return sorted(found, key=lambda one: (one.get("user", ""), one.get("address", "")))


def _member(desk: Desk, data: Json, place: str) -> GroupMember:
    locale = text_of(data, "locale")
    if data.get("user"):
        return GroupMember(user_id=person_id(desk, data["user"], place=place), locale=locale)
    return GroupMember(address=data["address"], name=text_of(data, "name"), locale=locale)
