"""Single sign-on: who is behind an identity of the OpenID Connect provider, and what Streamlit needs to ask it."""

import json
from datetime import timedelta
from uuid import UUID

from core.address import parse_email
from core.clock import Clock
from core.db import sign_in_repository
from core.db.database import Database
from core.domain.sign_in import Identity, Visit
from core.domain.text import is_one_line
from core.errors import InvalidAddress, NotSignedIn
from core.secrets import token_sha256
from core.services.sessions import TICKET_LASTS, SessionService
from core.services.sign_in_events import tell
from core.settings import Settings

#: A login at the provider opens a session within this time, once. Streamlit's own cookie would be good for a month.
LOGIN_IS_FRESH = timedelta(minutes=10)
#: Clocks of the provider and of this machine may differ.
_CLOCKS_DIFFER = timedelta(minutes=2)
_REFUSED = "This login opens no account here. Ask an administrator of your organization."
_LONGEST_NAME = 200


class SsoService:
    """Maps verified addresses to people; from the first time on an account belongs to one subject of the provider."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, *, sessions: SessionService, cookie_secret: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._sessions = sessions
        self._cookie_secret = cookie_secret

    @property
    def is_on(self) -> bool:
        """Whether there is a provider."""
        return self._settings.oidc_issuer is not None

    @property
    def streamlit_secrets(self) -> dict[str, dict[str, str]] | None:
        """What `st.login` has to know of the provider; None where there is none."""
        return streamlit_secrets(self._settings, cookie_secret=self._cookie_secret)

    @property
    def name(self) -> str:
        """What the provider is called on the sign-in page."""
        return self._settings.oidc_name

    def is_fresh(self, identity: Identity) -> bool:
        """Whether the login happened just now, so that it may be meant."""
        age_s = self._clock.now().timestamp() - identity.issued_at
        return -_CLOCKS_DIFFER.total_seconds() <= age_s <= LOGIN_IS_FRESH.total_seconds()

    def enter(self, identity: Identity, visit: Visit) -> str:
        """Open a session for who logged in at the provider; returns the secret, good for a moment. Raises NotSignedIn.

        The identity's signature, audience and nonce were checked by whoever fetched it.
        """
        if not self.is_on or identity.issuer.rstrip("/") != str(self._settings.oidc_issuer).rstrip("/"):
            raise NotSignedIn(_REFUSED)
        if not (identity.subject and identity.is_verified and self._is_address(identity.email)):
            raise NotSignedIn(_REFUSED)
        if not self.is_fresh(identity) or not self._take(identity):
            raise NotSignedIn("This login was used already. Sign in again.")
        user_id = self._find(identity)
        if user_id is None:
            raise NotSignedIn(_REFUSED)
        token = self._sessions.open(user_id, visit, lasts=TICKET_LASTS)
        now = self._clock.now()
        with self._database.installation() as session:
            tell(
                session,
                "sign_in.succeeded",
                user_id=user_id,
                email=identity.email,
                at=now,
                visit=visit,
                way="single sign-on",
            )
        return token

    def _find(self, identity: Identity) -> UUID | None:
        with self._database.installation() as session:
            user_id = sign_in_repository.enter(session, identity)
            if user_id is not None or identity.email.rpartition("@")[2] not in self._domains():
                return user_id
            name = identity.name.strip()[:_LONGEST_NAME]
            return sign_in_repository.join(
                session,
                identity,
                name=name if name and is_one_line(name) else identity.email.partition("@")[0],
                organization=self._settings.oidc_organization or "",
                role=self._settings.oidc_role,
            )

    def _take(self, identity: Identity) -> bool:
        """A login is told from another by its nonce; a copy of its cookie opens nothing."""
        login = json.dumps([identity.issuer, identity.subject, identity.nonce, identity.issued_at])
        now = self._clock.now()
        with self._database.installation() as session:
            return sign_in_repository.take_login(
                session, token_sha256(login), now=now, expires_at=now + LOGIN_IS_FRESH + _CLOCKS_DIFFER
            )

    def _domains(self) -> frozenset[str]:
        return frozenset(domain.lower().lstrip("@") for domain in self._settings.oidc_domains)

    def _is_address(self, email: str) -> bool:
        try:
            return parse_email(email).lower() == email
        except InvalidAddress:
            return False


def streamlit_secrets(settings: Settings, *, cookie_secret: str) -> dict[str, dict[str, str]] | None:
    """Return what Streamlit's `st.login` has to know of the provider; None where there is none."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return None
    return {
        "auth": {
            "redirect_uri": f"{settings.base_url}/oauth2callback",
            "cookie_secret": cookie_secret,
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        }
    }
