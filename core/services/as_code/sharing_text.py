"""For whom a report or a dashboard is, in files. Where a file says nothing of it, what holds stays."""

from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from core.domain.json_values import Name, refusal
from core.domain.library import Grant, GrantKind, Level, Sharing, Visibility
from core.services.as_code.desk import Desk, Json
from core.services.as_code.kind import GROUPS, NOUNS, FileModel, Reference
from core.services.as_code.people import emails_of, person_id
from core.services.report_sharing import SharingService

KEY = "sharing"


class GrantFile(FileModel):
    """Somebody it is shared with."""

    user: Name | None = Field(None, description="The address that somebody of the organization signs in with.")
    group: Name | None = Field(None, description="Or a group.")
    level: Level = Field(description="What they may do with it.")

    @model_validator(mode="after")
    def _check_one(self) -> "GrantFile":
        if (self.user is None) == (self.group is None):
            raise refusal("Name either a 'user' or a 'group'.")
        return self


class SharingFile(FileModel):
    """For whom it is. Left out, it stays as it is; what is new is for everybody of the organization."""

    visibility: Visibility = Field(Visibility.ORGANIZATION, description="For whom it exists.")
    everyone: Level = Field(Level.EDIT, description="What everybody may do with what is for the organization.")
    grants: tuple[GrantFile, ...] = Field((), description="Whom it is shared with.")


def group_references(data: Json) -> list[Reference]:
    """The groups that a file shares with."""
    return [
        Reference(place=f"{KEY}.grants[{index}].group", folder=GROUPS, name=grant["group"])
        for index, grant in enumerate((data.get(KEY) or {}).get("grants", ()))
        if grant.get("group") is not None
    ]


def sharing_data(desk: Desk, service: SharingService, thing_id: UUID) -> Json | None:
    """What is said of a thing; None where it is as usual."""
    sharing = service.get(desk.principal, thing_id)
    if sharing == Sharing():
        return None
    data: dict[str, Any] = {"visibility": str(sharing.visibility), "everyone": str(sharing.everyone)}
    if sharing.grants:
        emails = emails_of(desk, (grant.id for grant in sharing.grants if grant.kind is GrantKind.USER))
        data["grants"] = sorted((_grant(desk, one, emails.get(one.id)) for one in sharing.grants), key=str)
    return data


def put_sharing(desk: Desk, service: SharingService, thing_id: UUID, data: Json | None) -> None:
    """Say for whom a thing is, where the file says so and it is not so already."""
    if data is None:
        return
    file = SharingFile.model_validate(data)
    wanted = Sharing(
        visibility=file.visibility,
        everyone=file.everyone,
        grants=tuple(
            Grant(kind=kind, id=whom, level=one.level)
            for index, one in enumerate(file.grants)
            for kind, whom in [_whom(desk, one, f"{KEY}.grants[{index}].user")]
        ),
    )
    if _known(service.get(desk.principal, thing_id)) != _known(wanted):
        service.share(desk.principal, thing_id, wanted)


def _known(sharing: Sharing) -> tuple[object, ...]:
    """What counts of it: grants come in any order, and what people are called is no part of it."""
    return sharing.visibility, sharing.everyone, {(one.kind, one.id, one.level) for one in sharing.grants}


def _whom(desk: Desk, grant: GrantFile, place: str) -> tuple[GrantKind, UUID]:
    if grant.group is not None:
        return GrantKind.GROUP, desk.names.id_of(GROUPS, grant.group, noun=NOUNS[GROUPS])
    return GrantKind.USER, person_id(desk, grant.user or "", place=place)


def _grant(desk: Desk, grant: Grant, email: str | None) -> Json:
    if grant.kind is GrantKind.GROUP:
        return {"group": desk.names.reference(GROUPS, grant.id), "level": str(grant.level)}
    return {"user": email, "level": str(grant.level)}
