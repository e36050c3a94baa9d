"""Roles: those there are from the start, and those that an organization makes of named permissions."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require, require_holds
from core.clock import Clock
from core.db import member_repository, role_repository
from core.db.audit_repository import record
from core.db.database import Database
from core.domain.access import Permission, Principal, in_order
from core.domain.audit import AuditEvent
from core.domain.role import Role, RoleDraft
from core.domain.text import check_text
from core.errors import Conflict, InvalidInput
from core.services.members import require_administrator

MAX_NAME_LENGTH, MAX_DESCRIPTION_LENGTH, MAX_ROLES = 60, 300, 50
_BUILT_IN = "This role is part of Broadsheet and stays as it is. Make one of your own instead."


class RoleService:
    """Everything about roles. Nobody makes or changes one that may more than they do."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, principal: Principal) -> tuple[Role, ...]:
        """Return the roles of the organization."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return role_repository.list_roles(session)

    def get(self, principal: Principal, role_id: UUID) -> Role:
        """Return a role; raises NotFound."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return role_repository.load_role(session, role_id)

    def create(self, principal: Principal, draft: RoleDraft) -> Role:
        """Make a role; raises InvalidInput with the place, NotAllowed, Conflict where the name is taken."""
        require(principal, Permission.MANAGE_MEMBERS)
        checked = _checked(principal, draft)
        with self._database.organization(principal.organization_id) as session:
            member_repository.lock_members(session, principal.organization_id)
            if len(role_repository.list_roles(session)) >= MAX_ROLES:
                raise InvalidInput(f"An organization has up to {MAX_ROLES} roles.")
            _check_name(session, checked.name)
            made = role_repository.insert_role(session, principal.organization_id, checked)
            return self._recorded(session, principal, "role.created", made)

    def change(
        self, principal: Principal, role_id: UUID, draft: RoleDraft, *, expected_version: int | None = None
    ) -> Role:
        """Replace a role; whoever has it may the new things, and only those, from their next request on.

        Raises what `create` raises, and Conflict where `expected_version` is not the newest or nobody would manage the
        organization's people any more.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        checked = _checked(principal, draft)
        with self._database.organization(principal.organization_id) as session:
            before = _own(session, principal, role_id)
            if expected_version not in (None, before.version):
                raise Conflict
            _check_name(session, checked.name, but=role_id)
            role_repository.replace_role(session, role_id, checked, expected_version=before.version)
            require_administrator(session, principal.organization_id)
            return self._recorded(session, principal, "role.changed", role_id, before=before)

    def delete(self, principal: Principal, role_id: UUID) -> None:
        """Remove a role that nobody has; raises Conflict."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            role = _own(session, principal, role_id)
            if role.people:
                raise Conflict(f"{role.people:,} have this role. Give them another one first.")
            if role_repository.open_invitations_with(session, role_id):
                raise Conflict("Somebody is invited in this role. Withdraw the invitation first.")
            viewer = role_repository.find_role(session, "viewer")
            assert viewer is not None  # noqa: S101 - every organization starts with it, and it stays
            role_repository.delete_role(session, role_id, instead=viewer.id)
            event = AuditEvent.change(principal, "role.deleted", before=role)
            record(session, principal.organization_id, event, at=self._clock.now())

    def _recorded(
        self, session: Session, principal: Principal, action: str, role_id: UUID, *, before: Role | None = None
    ) -> Role:
        saved = role_repository.load_role(session, role_id)
        event = AuditEvent.change(principal, action, before=before, after=saved)
        record(session, principal.organization_id, event, at=self._clock.now())
        return saved


def _own(session: Session, principal: Principal, role_id: UUID) -> Role:
    """A role that the caller may change, which nobody else changes meanwhile."""
    member_repository.lock_members(session, principal.organization_id)
    role = role_repository.load_role(session, role_id)
    if role.is_built_in:
        raise Conflict(_BUILT_IN)
    require_holds(principal, role.permissions)
    return role


def _checked(principal: Principal, draft: RoleDraft) -> RoleDraft:
    name = " ".join(draft.name.replace("_", " ").split())
    if not name:
        raise InvalidInput("Give the role a name.", place="name")
    check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
    description = check_text(draft.description.strip(), place="description", max_length=MAX_DESCRIPTION_LENGTH)
    if not draft.permissions:
        raise InvalidInput("Choose at least one thing this role may do.", place="permissions")
    if Permission.VIEW_REPORTS not in draft.permissions:
        raise InvalidInput("Everything else needs opening reports. Choose it as well.", place="permissions")
    require_holds(principal, in_order(draft.permissions), place="permissions")
    return RoleDraft(name=name, description=description, permissions=frozenset(draft.permissions))


def _check_name(session: Session, name: str, *, but: UUID | None = None) -> None:
    taken = role_repository.find_role(session, name)
    if taken is not None and taken.id != but:
        raise Conflict(f'There is a role called "{name}" already.', place="name")
