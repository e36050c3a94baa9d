"""API tokens of one's own: made with a part of what one may, looked at, revoked."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require_holds
from core.clock import Clock
from core.db import token_repository
from core.db.audit_repository import record
from core.db.database import Database
from core.domain.access import Permission, Principal
from core.domain.audit import AuditEvent
from core.domain.member import ApiToken
from core.domain.text import check_text
from core.errors import InvalidInput, NotFound
from core.secrets import new_token, token_sha256
from core.services.sessions import require_signed_in

MAX_NAME_LENGTH, MAX_TOKENS = 100, 100
#: What every token of ours begins with, so that it is known where it turns up.
PREFIX = "bsp_"


class TokenService:
    """What people do with their own tokens. A token gives what its owner may at the time, within its scopes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(
        self,
        principal: Principal,
        *,
        name: str,
        expires_at: datetime | None = None,
        scopes: Collection[Permission] | None = None,
    ) -> tuple[ApiToken, str]:
        """Make a token; returns it and its secret, which is never shown again.

        `scopes` None: all that the person may now. Raises InvalidInput with the place, NotAllowed.
        """
        with self._database.organization(principal.organization_id) as session:
            return issue_token(
                session,
                principal,
                principal.user_id,
                name=name,
                expires_at=expires_at,
                scopes=principal.permissions if scopes is None else scopes,
                now=self._clock.now(),
            )

    def list(self, principal: Principal) -> tuple[ApiToken, ...]:
        """Return the person's own tokens, the newest first."""
        with self._database.organization(principal.organization_id) as session:
            return token_repository.list_tokens(session, principal.user_id)

    def revoke(self, principal: Principal, token_id: UUID) -> None:
        """End one of the person's own tokens at once; raises NotFound."""
        with self._database.organization(principal.organization_id) as session:
            end_token(session, principal, principal.user_id, token_id, now=self._clock.now())


def issue_token(
    session: Session,
    principal: Principal,
    user_id: UUID,
    *,
    name: str,
    expires_at: datetime | None,
    scopes: Collection[Permission],
    now: datetime,
) -> tuple[ApiToken, str]:
    """Make a token for `user_id`; raises InvalidInput with the place, NotAllowed."""
    require_signed_in(principal)
    name = name.strip()
    if not name:
        raise InvalidInput("Give the token a name.", place="name")
    check_text(name, place="name", max_length=MAX_NAME_LENGTH, one_line=True)
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The token would already be expired.", place="expires_at")
    if not scopes:
        raise InvalidInput("Choose at least one thing this token may do.", place="scopes")
    require_holds(principal, scopes, place="scopes")
    if len(token_repository.list_tokens(session, user_id)) >= MAX_TOKENS:
        raise InvalidInput(f"There are {MAX_TOKENS} tokens already. Revoke some first.")
    secret = PREFIX + new_token()
    made = token_repository.insert_token(
        session,
        organization_id=principal.organization_id,
        user_id=user_id,
        name=name,
        token_sha256=token_sha256(secret),
        scopes=frozenset(scopes),
        expires_at=expires_at,
        made_by=principal.user_id,
    )
    may = sorted(made.scopes or ())
    event = AuditEvent.of(principal, "api_key.created", object_id=made.id, name=name, may=may, expires_at=expires_at)
    record(session, principal.organization_id, event, at=now)
    return made, secret


def end_token(session: Session, principal: Principal, user_id: UUID, token_id: UUID, *, now: datetime) -> None:
    """Revoke a token of `user_id`; raises NotFound."""
    name = token_repository.revoke_token(session, user_id, token_id, now)
    if name is None:
        raise NotFound("This token does not exist, or it is not yours.")
    event = AuditEvent.of(principal, "api_key.revoked", object_id=token_id, name=name)
    record(session, principal.organization_id, event, at=now)
