"""Sign-in, sessions and API tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from core.access.passwords import verify_password
from core.clock import Clock
from core.db import access_repository
from core.db.access_repository import Credentials
from core.db.database import Database
from core.domain.access import Principal
from core.domain.text import check_text, is_storable
from core.errors import InvalidInput, NotFound, NotSignedIn
from core.secrets import new_token, token_sha256

SESSION_LASTS = timedelta(days=14)
JWT_LASTS = timedelta(hours=12)
MAX_TOKEN_NAME_LENGTH = 100
#: Compared with for an unknown address or a locked account: the time taken must not tell them from a wrong password.
_NOBODYS_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7lRbl7D7zPuzfVbZVcJvCk5zW5rBkzi"
_TOKEN_PREFIX = "bsp_"  # noqa: S105 - marks a personal token, is none


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A personal token as its owner sees it; the secret is shown once, when it is made."""

    id: UUID
    name: str
    created_at: datetime
    expires_at: datetime | None


class AccessService:
    """Answers who somebody is. It never says whether an account exists."""

    def __init__(self, database: Database, clock: Clock, *, jwt_key: str) -> None:
        self._database = database
        self._clock = clock
        self._jwt_key = jwt_key

    def begin_sign_in(self, email: str) -> Credentials | None:
        """Return what a password is compared with; None for unknown, inactive and locked accounts alike.

        The attempt counts as failed from now on, and five failures lock the account for a while: attempts side by side
        cannot outrun the lock. `complete_sign_in` clears the count once the password was right.
        """
        address, now = email.strip().lower(), self._clock.now()
        if not is_storable(address):
            return None
        with self._database.installation() as session:
            access_repository.lock_sign_in(session, address)
            found = access_repository.find_credentials(session, address)
            if found is None or not found.is_active:
                return None
            if found.locked_until is not None and found.locked_until > now:
                return None
            access_repository.record_sign_in(session, found.user_id, ok=False, now=now)
        return found

    def complete_sign_in(self, user_id: UUID) -> None:
        """Clear the count of failures: the password was right."""
        with self._database.installation() as session:
            access_repository.record_sign_in(session, user_id, ok=True, now=self._clock.now())

    def verify(self, email: str, password: str) -> UUID:
        """Return the person behind an address and password; raises NotSignedIn, the same for every reason."""
        found = self.begin_sign_in(email)
        matches = verify_password(password, found.password_hash if found else _NOBODYS_HASH)
        if found is None or not matches:
            raise NotSignedIn("The e-mail address or the password is wrong, or the account is locked for a while.")
        self.complete_sign_in(found.user_id)
        return found.user_id

    def open_session(self, user_id: UUID) -> str:
        """Start a session for a person whose password was just checked; returns its secret, kept only as a hash."""
        with self._database.installation() as session:
            principals = access_repository.principals_of_user(session, user_id)
        if not principals:
            raise NotSignedIn("This account belongs to no organization. Ask an administrator to add it.")
        token = new_token()
        with self._database.organization(principals[0].organization_id) as session:
            access_repository.insert_session(
                session,
                principals[0],
                token_sha256=token_sha256(token),
                expires_at=self._clock.now() + SESSION_LASTS,
            )
        return token

    def principal_for_session(self, token: str) -> Principal:
        """Return who is behind a session; raises NotSignedIn once it is ended, expired, or its person deactivated."""
        with self._database.installation() as session:
            principal = access_repository.principal_of_session(session, token_sha256(token), self._clock.now())
        if principal is None:
            raise NotSignedIn
        return principal

    def close_session(self, token: str) -> None:
        """End a session at once, on every tab that uses it."""
        try:
            principal = self.principal_for_session(token)
        except NotSignedIn:
            return
        with self._database.organization(principal.organization_id) as session:
            access_repository.revoke_session(session, token_sha256(token), self._clock.now())

    def issue_jwt(self, email: str, password: str) -> tuple[str, int]:
        """Return a signed token for the REST API and its life in seconds. It wraps a session, so it can be revoked."""
        session_token = self.open_session(self.verify(email, password))
        now = self._clock.now()
        claims = {"sid": session_token, "iat": now, "exp": now + JWT_LASTS}
        return jwt.encode(claims, self._jwt_key, algorithm="HS256"), int(JWT_LASTS.total_seconds())

    def principal_for_bearer(self, bearer: str) -> Principal:
        """Return who is behind an `Authorization` bearer: a personal token or a JWT of ours."""
        if bearer.startswith(_TOKEN_PREFIX):
            with self._database.installation() as session:
                principal = access_repository.principal_of_api_token(session, token_sha256(bearer), self._clock.now())
            if principal is None:
                raise NotSignedIn("This API token is unknown, revoked or expired.")
            return principal
        return self.principal_for_session(self._session_of_jwt(bearer))

    def create_token(self, principal: Principal, *, name: str, expires_at: datetime | None) -> tuple[ApiToken, str]:
        """Make a personal API token; returns it and its secret, which is never shown again."""
        if not name.strip():
            raise InvalidInput("Give the token a name.", place="name")
        check_text(name, place="name", max_length=MAX_TOKEN_NAME_LENGTH, one_line=True)
        if expires_at is not None and expires_at <= self._clock.now():
            raise InvalidInput("The token would already be expired.", place="expires_at")
        secret = _TOKEN_PREFIX + new_token()
        with self._database.organization(principal.organization_id) as session:
            token_id = access_repository.insert_api_token(
                session, principal, name=name.strip(), token_sha256=token_sha256(secret), expires_at=expires_at
            )
        made = ApiToken(id=token_id, name=name.strip(), created_at=self._clock.now(), expires_at=expires_at)
        return made, secret

    def list_tokens(self, principal: Principal) -> tuple[ApiToken, ...]:
        """Return the person's own tokens, the newest first."""
        with self._database.organization(principal.organization_id) as session:
            return tuple(ApiToken(**row) for row in access_repository.list_api_tokens(session, principal.user_id))

    def revoke_token(self, principal: Principal, token_id: UUID) -> None:
        """End one of the person's own tokens at once."""
        with self._database.organization(principal.organization_id) as session:
            if not access_repository.revoke_api_token(session, principal.user_id, token_id, self._clock.now()):
                raise NotFound("This token does not exist, or it is not yours.")

    def _session_of_jwt(self, bearer: str) -> str:
        try:
            claims: dict[str, Any] = jwt.decode(
                bearer,
                self._jwt_key,
                algorithms=["HS256"],
                options={"require": ["exp", "sid"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise NotSignedIn("This token is not valid.") from error
        if datetime.fromtimestamp(claims["exp"], tz=self._clock.now().tzinfo) <= self._clock.now():
            raise NotSignedIn("This token has expired. Ask for a new one.")
        return str(claims["sid"])
