"""The members of an organization, for those who manage them: roles given, places closed, opened and ended."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require, require_holds
from core.clock import Clock
from core.db import invitation_repository, member_repository, role_repository
from core.db.audit_repository import record
from core.db.database import Database
from core.domain.access import Permission, Principal, role_words
from core.domain.audit import AuditEvent
from core.domain.member import Belongings, Departed, Member
from core.domain.role import Role
from core.errors import Conflict, InvalidInput, NotAllowed
from core.runs.departures import hand_over, new_owner, pause_schedules_of

_LAST = (
    "Somebody has to manage the people of this organization, and nobody else does. "
    "Give somebody else a role that may first."
)


class MemberService:
    """Everything done to a member by others. Nobody gives more than they hold, or touches who may more than they."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, principal: Principal, user_id: UUID) -> Member:
        """Return a member, also one who left; raises NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return member_repository.load_member(session, principal.organization_id, user_id)

    def belongings(self, principal: Principal, user_id: UUID) -> Belongings:
        """Return how much a member owns; raises NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            member_repository.load_member(session, principal.organization_id, user_id)
            return member_repository.belongings(session, principal.organization_id, user_id)

    def change_role(self, principal: Principal, user_id: UUID, role: str) -> Member:
        """Give a member the role of that name, from their next request on.

        Raises NotFound, InvalidInput for a role that is none, NotAllowed where it is more than the caller holds or the
        member may more than the caller, Conflict where nobody would manage people any more.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            before = self._locked(session, principal, user_id)
            wanted = grantable_role(session, principal, role)
            member_repository.set_role(session, principal.organization_id, user_id, wanted.id)
            require_administrator(session, principal.organization_id)
            after = member_repository.load_member(session, principal.organization_id, user_id)
            if Permission.MANAGE_MEMBERS not in after.permissions:
                invitation_repository.remove_invitations_of(session, user_id)
            self._record(session, principal, "person.role_changed", after, before={"role": before.role})
            return after

    def deactivate(self, principal: Principal, user_id: UUID) -> Departed:
        """Close somebody's place here: sessions and tokens end at once, their schedules are paused."""
        require(principal, Permission.MANAGE_MEMBERS)
        now = self._clock.now()
        with self._database.organization(principal.organization_id) as session:
            member = self._locked(session, principal, user_id)
            _refuse_self(principal, user_id, "deactivate")
            if member.left_at is not None:
                raise Conflict(f"{member.name} is not active here.")
            paused = pause_schedules_of(session, principal.organization_id, user_id, at=now)
            member_repository.leave(session, principal.organization_id, user_id, at=now, may_return=True)
            invitation_repository.remove_invitations_of(session, user_id)
            require_administrator(session, principal.organization_id)
            self._record(session, principal, "person.deactivated", member)
        return Departed(name=member.name, paused=paused)

    def reactivate(self, principal: Principal, user_id: UUID) -> Member:
        """Open somebody's closed place again, in the role they had; what was paused stays paused."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            member = self._locked(session, principal, user_id)
            if member.deactivated_at is None:
                raise Conflict(f"{member.name} is not deactivated here.")
            require_holds(principal, member.permissions)
            member_repository.reopen(session, principal.organization_id, user_id)
            self._record(session, principal, "person.reactivated", member)
            return member_repository.load_member(session, principal.organization_id, user_id)

    def remove(self, principal: Principal, user_id: UUID, *, hand_over_to: UUID | None = None) -> Departed:
        """Take somebody out of the organization. All that is theirs goes to `hand_over_to`.

        Without it their schedules are paused and their reports keep their name. All of it or nothing.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        now, here = self._clock.now(), principal.organization_id
        with self._database.organization(here) as session:
            member = self._locked(session, principal, user_id)
            _refuse_self(principal, user_id, "remove")
            if member.left_at is not None and member.deactivated_at is None:
                raise Conflict(f"{member.name} was removed already.")
            departed = Departed(name=member.name)
            if hand_over_to is None:
                departed = Departed(name=member.name, paused=pause_schedules_of(session, here, user_id, at=now))
            else:
                departed = self._give(session, principal, member, hand_over_to)
            member_repository.leave(session, here, user_id, at=now)
            invitation_repository.remove_invitations_of(session, user_id)
            require_administrator(session, here)
            self._record(session, principal, "person.removed", member, handed_over_to=departed.new_owner or None)
        return departed

    def _give(self, session: Session, principal: Principal, member: Member, to_id: UUID) -> Departed:
        here = principal.organization_id
        if to_id == member.user_id:
            raise InvalidInput("Name somebody who stays.", place="hand_over_to")
        receiver = member_repository.load_member(session, here, to_id)
        to = new_owner(session, here, receiver.email, place="hand_over_to")
        given = member_repository.belongings(session, here, member.user_id)
        # The reports go first: schedules may only go to who sees what they send.
        member_repository.give_reports(session, here, from_id=member.user_id, to_id=to_id)
        hand_over(session, here, from_id=member.user_id, to=to, now=self._clock.now())
        return Departed(name=member.name, given=given, new_owner=receiver.name)

    def _locked(self, session: Session, principal: Principal, user_id: UUID) -> Member:
        """The member, whom nobody else changes meanwhile; raises NotFound, NotAllowed."""
        member_repository.lock_members(session, principal.organization_id)
        member = member_repository.load_member(session, principal.organization_id, user_id)
        if member.permissions - principal.permissions and member.user_id != principal.user_id:
            raise NotAllowed(f"{member.name} may do more than you. Only somebody who may as much can change that.")
        return member

    def _record(
        self,
        session: Session,
        principal: Principal,
        action: str,
        member: Member,
        *,
        before: dict[str, str] | None = None,
        **details: object,
    ) -> None:
        event = AuditEvent(
            actor_id=principal.user_id,
            actor=principal.email,
            action=action,
            kind="person",
            object_id=member.user_id,
            object_name=member.email,
            before=before,
            after={"role": member.role, **details},
        )
        record(session, principal.organization_id, event, at=self._clock.now())


def grantable_role(session: Session, principal: Principal, name: str, *, place: str = "role") -> Role:
    """Return the role of that name; raises InvalidInput for none, NotAllowed for more than the caller holds."""
    role = role_repository.find_role(session, name)
    if role is None:
        offered = ", ".join(role_words(one.name) for one in role_repository.list_roles(session))
        raise InvalidInput(f'There is no role "{name[:100]}". There are: {offered}.', place=place)
    require_holds(principal, role.permissions, place=place)
    return role


def require_administrator(session: Session, organization_id: UUID) -> None:
    """Return if somebody manages the people of the organization; otherwise raise Conflict, and nothing is saved."""
    if not member_repository.administrators(session, organization_id):
        raise Conflict(_LAST)


def _refuse_self(principal: Principal, user_id: UUID, what: str) -> None:
    if principal.user_id == user_id:
        raise InvalidInput(f"You cannot {what} yourself. Ask another administrator.")
