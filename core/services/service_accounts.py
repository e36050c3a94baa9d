"""Service accounts: programs that call the API, with a role and tokens of their own and no password."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import member_repository, token_repository
from core.db.audit_repository import note, record
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.member import ApiToken, Member, ServiceAccount
from core.domain.text import check_text
from core.errors import InvalidInput, NotAllowed, NotFound
from core.runs.departures import pause_schedules_of
from core.services.members import grantable_role
from core.services.tokens import end_token, issue_token

MAX_NAME_LENGTH = 100
_GONE = "This service account does not exist in your organization."


class ServiceAccountService:
    """Everything about service accounts, for those who manage the organization's people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, principal: Principal) -> tuple[ServiceAccount, ...]:
        """Return the service accounts by name."""
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            return token_repository.list_service_accounts(session, principal.organization_id, now=self._clock.now())

    def create(self, principal: Principal, *, name: str, role: str) -> UUID:
        """Make a service account that the caller looks after; returns its id. Raises InvalidInput, NotAllowed."""
        require(principal, Permission.MANAGE_MEMBERS)
        name = name.strip()
        if not name:
            raise InvalidInput("Give the service account a name.", place="name")
        check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
        with self._database.organization(principal.organization_id) as session:
            granted = grantable_role(session, principal, role)
            made = token_repository.insert_service_account(
                session,
                organization_id=principal.organization_id,
                name=name,
                role_id=granted.id,
                responsible_id=principal.user_id,
            )
            event = AuditEvent.of(principal, "service_account.created", object_id=made, name=name, role=granted.name)
            record(session, principal.organization_id, event, at=self._clock.now())
        return made

    def change_role(self, principal: Principal, account_id: UUID, role: str) -> None:
        """Give a service account another role; its tokens give what it may from their next request on.

        Raises NotFound, InvalidInput for a role that is none, NotAllowed where it is more than the caller holds.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.organization(principal.organization_id) as session:
            member_repository.lock_members(session, principal.organization_id)
            account = _load(session, principal, account_id)
            granted = grantable_role(session, principal, role)
            member_repository.set_role(session, principal.organization_id, account_id, granted.id)
            note(
                session,
                principal,
                "service_account.role_changed",
                before={"role": account.role},
                after={"role": granted.name},
                object_id=account_id,
                name=account.name,
            )

    def remove(self, principal: Principal, account_id: UUID) -> None:
        """End a service account with its tokens at once; schedules it owns are paused. Raises NotFound."""
        now = self._clock.now()
        with self._database.organization(principal.organization_id) as session:
            account = _load(session, principal, account_id)
            pause_schedules_of(session, principal.organization_id, account_id, at=now)
            member_repository.leave(session, principal.organization_id, account_id, at=now)
            event = AuditEvent.of(principal, "service_account.removed", object_id=account_id, name=account.name)
            record(session, principal.organization_id, event, at=now)

    def tokens(self, principal: Principal, account_id: UUID) -> tuple[ApiToken, ...]:
        """Return the tokens of a service account, the newest first; raises NotFound."""
        with self._database.organization(principal.organization_id) as session:
            _load(session, principal, account_id)
            return token_repository.list_tokens(session, account_id)

    def create_token(
        self,
        principal: Principal,
        account_id: UUID,
        *,
        name: str,
        expires_at: datetime | None = None,
        scopes: Collection[Permission] | None = None,
    ) -> tuple[ApiToken, str]:
        """Make a token with some of what the account's role may, or all of it; returns it and its secret, once."""
        with self._database.organization(principal.organization_id) as session:
            account = _load(session, principal, account_id)
            wanted = account.permissions if scopes is None else scopes
            if not set(wanted) <= account.permissions:
                raise InvalidInput("The role of this service account may not do all of that.", place="scopes")
            return issue_token(
                session,
                principal,
                account_id,
                name=name,
                expires_at=expires_at,
                scopes=wanted,
                now=self._clock.now(),
            )

    def revoke_token(self, principal: Principal, account_id: UUID, token_id: UUID) -> None:
        """End a token of a service account at once; raises NotFound."""
        with self._database.organization(principal.organization_id) as session:
            _load(session, principal, account_id)
            end_token(session, principal, account_id, token_id, now=self._clock.now())


def _load(session: Session, principal: Principal, account_id: UUID) -> Member:
    """A service account that the caller may look after; raises NotFound, NotAllowed."""
    require(principal, Permission.MANAGE_MEMBERS)
    try:
        account = member_repository.load_member(session, principal.organization_id, account_id)
    except NotFound as error:
        raise NotFound(_GONE) from error
    if not account.is_service or account.left_at is not None:
        raise NotFound(_GONE)
    if account.permissions - principal.permissions:
        raise NotAllowed(f"{account.name} may do more than you. Only somebody who may as much can change that.")
    return account
