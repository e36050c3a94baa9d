"""Organizations: those a person belongs to and switches between, and all of them for who manages the installation."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import access_repository, organization_repository, organization_settings, sign_in_repository
from core.db.audit_repository import record
from core.db.database import Database, name_organization
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.member import Organization
from core.domain.text import check_text
from core.domain.timezones import timezone_problem
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.secrets import token_sha256
from core.services.workspace_activity import ensure_workspace_activity

MAX_NAME_LENGTH = 100
_NO_FACTOR = "{organization} asks for a second factor. Set one up under Account first, then switch."
_GONE = "This organization does not exist, or you do not belong to it."


class OrganizationService:
    """Everything about organizations as such."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, principal: Principal) -> tuple[Organization, ...]:
        """Return the organizations the person belongs to; all there are for who manages the installation."""
        with self._database.installation() as session:
            mine = access_repository.principals_of_user(session, principal.user_id)
            everyone = (
                organization_repository.all_organizations(session, principal.user_id)
                if principal.may(Permission.MANAGE_INSTALLATION)
                else ()
            )
        if principal.by_token:
            mine = tuple(one for one in mine if one.organization_id == principal.organization_id)
        roles = {one.organization_id: one.role for one in mine}
        if everyone:
            return tuple(replace(one, role=roles.get(one.id, "")) for one in everyone)
        own = (
            Organization(id=one.organization_id, name=one.organization, role=one.role, is_active=True) for one in mine
        )
        return tuple(sorted(own, key=lambda one: one.name.lower()))

    def enter(self, session_secret: str, organization_id: UUID) -> None:
        """Let the session act in another organization its person belongs to, on every tab.

        Raises NotFound, and Conflict where that organization asks for a second factor the person has not got.
        """
        now = self._clock.now()
        with self._database.installation() as session:
            sha256 = token_sha256(session_secret)
            if not organization_repository.move_session(session, sha256, organization_id, now=now):
                raise NotFound(_GONE)
            principal = access_repository.principal_of_session(session, sha256, now)
            assert principal is not None  # noqa: S101 - the session was moved in this transaction
            name_organization(session, organization_id)
            account = sign_in_repository.find_account(session, principal.user_id)
            has_factor = account is not None and (account.has_factor or account.uses_sso)
            if organization_settings.is_factor_required(session) and not has_factor:
                raise Conflict(_NO_FACTOR.format(organization=principal.organization))
            event = AuditEvent.of(principal, "session.switched", name=principal.organization)
            self._record(session, organization_id, event)

    def create(self, principal: Principal, *, name: str, timezone: str) -> UUID:
        """Make an organization, whose first member is the caller; returns its id. Raises InvalidInput, Conflict."""
        require(principal, Permission.MANAGE_INSTALLATION)
        name = _checked(name)
        problem = timezone_problem(timezone)
        if problem is not None:
            raise InvalidInput(problem, place="timezone")
        try:
            with self._database.installation() as session:
                made = organization_repository.create_organization(
                    session, principal.user_id, name=name, timezone=timezone
                )
                if made is None:
                    raise NotAllowed
                event = AuditEvent.of(principal, "organization.created", object_id=made, name=name)
                self._record(session, made, event)
        except IntegrityError as error:
            raise _taken(name) from error
        ensure_workspace_activity(self._database)
        return made

    def change(self, principal: Principal, organization_id: UUID, *, name: str, is_active: bool) -> None:
        """Name an organization, close or open it. In a closed one nobody works and nothing is sent.

        Raises NotFound, InvalidInput with the place, Conflict.
        """
        require(principal, Permission.MANAGE_INSTALLATION)
        name = _checked(name)
        before = next((one for one in self.list(principal) if one.id == organization_id), None)
        if before is None:
            raise NotFound(_GONE)
        if not is_active and organization_id == principal.organization_id:
            raise InvalidInput("You are working in it. Switch to another organization first.", place="is_active")
        try:
            with self._database.installation() as session:
                organization_repository.change_organization(
                    session,
                    principal.user_id,
                    organization_id,
                    name=name,
                    deactivated_at=None if is_active else self._clock.now(),
                )
                after = replace(before, name=name, is_active=is_active)
                event = AuditEvent.change(principal, "organization.changed", before=before, after=after)
                self._record(session, organization_id, event)
        except IntegrityError as error:
            raise _taken(name) from error

    def _record(self, session: Session, organization_id: UUID, event: AuditEvent) -> None:
        name_organization(session, organization_id)
        record(session, organization_id, event, at=self._clock.now())


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("Give the organization a name.", place="name")
    return check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)


def _taken(name: str) -> Conflict:
    return Conflict(f'There is an organization called "{name}" already.', place="name")
