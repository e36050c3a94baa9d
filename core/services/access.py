"""Who is behind a session or a bearer token."""

from datetime import datetime
from typing import Any

import jwt
from jwt.utils import base64url_decode, base64url_encode

from core.access.last_seen import LastSeen
from core.clock import Clock
from core.db import access_repository, session_repository
from core.db.database import Database
from core.domain.access import Principal
from core.errors import InvalidInput, NotSignedIn
from core.secrets import token_sha256
from core.services.tokens import PREFIX


class AccessService:
    """Answers who somebody is."""

    def __init__(self, database: Database, clock: Clock, *, jwt_key: str) -> None:
        self._database = database
        self._clock = clock
        self._jwt_key = jwt_key
        self._seen = LastSeen()

    def principal_for_session(self, token: str) -> Principal:
        """Return who is behind a session; raises NotSignedIn once it is ended, expired, or its person deactivated."""
        with self._database.installation() as session:
            principal = access_repository.principal_of_session(session, token_sha256(token), self._clock.now())
            if principal is not None and self._seen.is_due(token_sha256(token), self._clock.now()):
                session_repository.note_seen(session, token_sha256(token), self._clock.now())
        if principal is None:
            raise NotSignedIn
        return principal

    def principal_for_bearer(self, bearer: str) -> Principal:
        """Return who is behind an `Authorization` bearer: a personal token or a JWT of ours."""
        if bearer.startswith(PREFIX):
            with self._database.installation() as session:
                principal = access_repository.principal_of_api_token(session, token_sha256(bearer), self._clock.now())
            if principal is None:
                raise NotSignedIn("This API token is unknown, revoked or expired.")
            return principal
        return self.principal_for_session(self._session_of_jwt(bearer))

    def session_of_bearer(self, bearer: str) -> str:
        """Return the secret of the session behind a bearer; raises InvalidInput where a personal token has none."""
        if bearer.startswith(PREFIX):
            raise InvalidInput("An API token belongs to one organization. Sign in to switch between them.")
        return self._session_of_jwt(bearer)

    def _session_of_jwt(self, bearer: str) -> str:
        if not _has_one_spelling(bearer):
            raise NotSignedIn("This token is not valid.")
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


def _has_one_spelling(bearer: str) -> bool:
    """Whether each part is base64 as it is written: decoders pass over strange characters and over bits left over."""
    try:
        parts = [part.encode("ascii") for part in bearer.split(".")]
        return all(base64url_encode(base64url_decode(part)) == part for part in parts)
    except ValueError:
        return False
