"""Sessions: opened after a sign-in, swapped for another secret, listed for their owner, and ended at once."""

from datetime import timedelta
from uuid import UUID

from core.clock import Clock
from core.db import access_repository, session_repository
from core.db.database import Database
from core.domain.access import Principal
from core.domain.sign_in import SessionLine, Visit
from core.errors import NotAllowed, NotFound, NotSignedIn
from core.secrets import new_token, token_sha256
from core.services.sign_in_events import tell

SESSION_LASTS = timedelta(days=14)
#: What the sign-in page holds for a moment, until the browser has swapped it for its cookie.
TICKET_LASTS = timedelta(minutes=2)


def require_signed_in(principal: Principal) -> None:
    """Return if the person signed in by themselves; an API token may be a program's. Raises NotAllowed."""
    if principal.by_token:
        raise NotAllowed("An API token may not do this. Sign in, with a browser or for a token of `/api/auth/token`.")


class SessionService:
    """Sessions are random secrets of which only the SHA-256 is kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(self, user_id: UUID, visit: Visit | None = None, *, lasts: timedelta = SESSION_LASTS) -> str:
        """Start a session for a person who just signed in; returns its secret, kept only as a hash."""
        with self._database.installation() as session:
            principals = access_repository.principals_of_user(session, user_id)
        if not principals:
            raise NotSignedIn("This account belongs to no organization. Ask an administrator to add it.")
        return self._insert(principals[0], visit or Visit(), lasts)

    def swap(self, token: str, visit: Visit, *, replaces: str | None = None) -> str:
        """Return the secret of a new session in the place of `token`'s, and of the one it `replaces`.

        Raises NotSignedIn where `token` opens nothing any more.
        """
        with self._database.installation() as session:
            principal = access_repository.principal_of_session(session, token_sha256(token), self._clock.now())
        if principal is None:
            raise NotSignedIn
        fresh = self._insert(principal, visit, SESSION_LASTS)
        for old in (token, replaces):
            if old is not None:
                self.close(old)
        return fresh

    def close(self, token: str) -> None:
        """End a session at once, on every tab that uses it."""
        with self._database.installation() as session:
            principal = access_repository.principal_of_session(session, token_sha256(token), self._clock.now())
        if principal is None:
            return
        with self._database.organization(principal.organization_id) as session:
            access_repository.revoke_session(session, token_sha256(token), self._clock.now())

    def list(self, principal: Principal, token: str | None) -> tuple[SessionLine, ...]:
        """Return the person's open sessions, in all organizations. `token`: the secret of the one that asks."""
        require_signed_in(principal)
        current = token_sha256(token) if token else None
        with self._database.installation() as session:
            return session_repository.list_sessions(session, principal.user_id, current=current, now=self._clock.now())

    def revoke(self, principal: Principal, session_id: UUID) -> None:
        """End one of the person's sessions; raises NotFound."""
        require_signed_in(principal)
        if not self._end(principal, only=session_id, keep=None):
            raise NotFound("This session has ended already, or it is not yours.")

    def revoke_others(self, principal: Principal, token: str | None) -> int:
        """End all sessions of the person but the one of the secret `token`; returns how many."""
        require_signed_in(principal)
        return self._end(principal, only=None, keep=token_sha256(token) if token else None)

    def _end(self, principal: Principal, *, only: UUID | None, keep: str | None) -> int:
        now = self._clock.now()
        with self._database.installation() as session:
            ended = session_repository.end_sessions(session, principal.user_id, only=only, keep=keep, now=now)
            if ended:
                tell(
                    session,
                    "session.revoked",
                    user_id=principal.user_id,
                    email=principal.email,
                    at=now,
                    sessions=ended,
                )
        return ended

    def _insert(self, principal: Principal, visit: Visit, lasts: timedelta) -> str:
        token, now = new_token(), self._clock.now()
        with self._database.organization(principal.organization_id) as session:
            session_repository.insert_session(
                session,
                principal,
                token_sha256=token_sha256(token),
                expires_at=now + lasts,
                visit=visit,
                now=now,
            )
        return token
