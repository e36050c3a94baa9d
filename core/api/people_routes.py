"""`/api/users/{id}` and `/api/invitations`: members managed by others, and addresses that are asked to join."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from core.api.authentication import Caller
from core.api.inputs import Json, Text
from core.api.listing import Listing, listed
from core.api.models import In, iso, whole_out
from core.api.threads import blocking, checking_password
from core.domain.access import in_order
from core.domain.invitation import Invitation, Invited
from core.domain.member import Belongings, Departed, Member
from core.services.invitations import InvitationService
from core.services.members import MemberService


class MemberIn(In):
    """The role to give, by its name."""

    role: Text = Field(max_length=100)


class RemovalIn(In):
    """Who gets what a member owns; nobody: their schedules are paused."""

    hand_over_to: UUID | None = None


class InvitationIn(In):
    """Whom to ask, in which role and groups."""

    addresses: list[Text] = Field(max_length=200)
    role: Text = Field(max_length=100)
    groups: list[UUID] = Field(default_factory=list, max_length=200)


class AcceptanceIn(In):
    """The secret of an invitation's link, with what its person chooses."""

    token: Text = Field(max_length=200)
    name: Text = Field(max_length=200)
    password: Text = Field(max_length=1000)


def people_routes(members: MemberService, invitations: InvitationService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["People and groups"])

    @router.get("/users/{user_id}", summary="One member, what they may do and how much they own")
    @blocking
    def get(user_id: UUID, caller: Caller) -> Json:
        member = members.get(caller, user_id)
        return {**_member_out(member), "owns": _owned_out(members.belongings(caller, user_id))}

    @router.patch("/users/{user_id}", summary="Give a member another role")
    @blocking
    def change(user_id: UUID, body: MemberIn, caller: Caller) -> Json:
        return _member_out(members.change_role(caller, user_id, body.role))

    @router.post("/users/{user_id}/deactivate", summary="Close a member's place: sessions and tokens end at once")
    @blocking
    def deactivate(user_id: UUID, caller: Caller) -> Json:
        return _departed_out(members.deactivate(caller, user_id))

    @router.post("/users/{user_id}/reactivate", summary="Open a closed place again; what was paused stays paused")
    @blocking
    def reactivate(user_id: UUID, caller: Caller) -> Json:
        return _member_out(members.reactivate(caller, user_id))

    @router.post("/users/{user_id}/remove", summary="Take a member out of the organization and hand over what they own")
    @blocking
    def remove(user_id: UUID, body: RemovalIn, caller: Caller) -> Json:
        return _departed_out(members.remove(caller, user_id, hand_over_to=body.hand_over_to))

    @router.get("/invitations", summary="Invitations that nobody answered yet")
    @blocking
    def list_invitations(caller: Caller, asked: Listing) -> Json:
        return listed([_invitation_out(one) for one in invitations.list(caller)], asked)

    @router.post("/invitations", status_code=201, summary="Ask addresses to join; all of them or none")
    @blocking
    def invite(body: InvitationIn, caller: Caller) -> Json:
        made = invitations.invite(caller, body.addresses, role=body.role, group_ids=body.groups)
        return whole_out([_invited_out(one) for one in made])

    @router.post("/invitations/accept", status_code=201, summary="Answer an invitation with a name and a password")
    @checking_password
    def accept(body: AcceptanceIn) -> Json:
        asked = invitations.accept(body.token, name=body.name, password=body.password)
        return {"email": asked.email, "organization": asked.organization, "role": asked.role}

    @router.post("/invitations/{invitation_id}/resend", summary="Ask once more with a new link; the one before ends")
    @blocking
    def resend(invitation_id: UUID, caller: Caller) -> Json:
        return _invited_out(invitations.resend(caller, invitation_id))

    @router.delete("/invitations/{invitation_id}", status_code=204, summary="Withdraw an invitation")
    @blocking
    def withdraw(invitation_id: UUID, caller: Caller) -> Response:
        invitations.withdraw(caller, invitation_id)
        return Response(status_code=204)

    return router


def _member_out(member: Member) -> Json:
    return {
        "id": str(member.user_id),
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "permissions": in_order(member.permissions),
        "is_active": member.is_here,
        "left_at": iso(member.left_at),
        "deactivated_at": iso(member.deactivated_at),
    }


def _owned_out(owned: Belongings) -> Json:
    return {"reports": owned.reports, "dashboards": owned.dashboards, "schedules": owned.schedules}


def _departed_out(departed: Departed) -> Json:
    return {
        "name": departed.name,
        "paused_schedules": list(departed.paused),
        "handed_over": _owned_out(departed.given),
        "new_owner": departed.new_owner or None,
    }


def _invitation_out(invitation: Invitation) -> Json:
    return {
        "id": str(invitation.id),
        "email": invitation.email,
        "role": invitation.role,
        "groups": [str(one) for one in invitation.group_ids],
        "invited_by": {"id": str(invitation.invited_by), "name": invitation.inviter},
        "invited_at": invitation.invited_at.isoformat(),
        "expires_at": invitation.expires_at.isoformat(),
        "mailed_at": iso(invitation.mailed_at),
    }


def _invited_out(invited: Invited) -> Json:
    return {**_invitation_out(invited.invitation), "was_mailed": invited.link is None, "link": invited.link}
