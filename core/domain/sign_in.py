"""Signing in: where a person comes from, what is still asked of them, and what they see of their own account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Self
from uuid import UUID

from core.domain.devices import device_words
from core.errors import NotSignedIn


class SecondFactorNeeded(NotSignedIn):
    """Give the code of your authenticator app, or a recovery code, as well."""

    code = "second_factor_needed"


class SecondFactorMissing(NotSignedIn):
    """Your organization asks for a second factor. Sign in with a browser once and set it up."""

    code = "second_factor_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where a request comes from."""

    address: str = ""
    device: str = ""  #: in words, such as "Chrome on Linux"

    @classmethod
    def of(cls, address: str | None, user_agent: str | None) -> Self:
        """Return what an address and a user agent tell."""
        # A server that listens for both kinds of addresses writes the older kind like this.
        return cls(address=(address or "").removeprefix("::ffff:"), device=device_words(user_agent or ""))


class NextStep(Enum):
    """What is asked of a person whose password was right."""

    OPEN = auto()  #: nothing more
    CODE = auto()  #: a code of their second factor
    ENROL = auto()  #: to set up a second factor, because an organization of theirs asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What signing in knows of a person."""

    user_id: UUID
    email: str
    name: str
    password_hash: str
    is_active: bool
    locked_until: datetime | None
    uses_sso: bool  #: signs in at the provider and has no password here
    password_changed_at: datetime | None
    sealed_secret: str | None
    factor_confirmed_at: datetime | None
    recovery_left: int
    is_factor_required: bool

    @property
    def has_factor(self) -> bool:
        """Whether a code is asked at sign-in."""
        return self.factor_confirmed_at is not None

    def is_locked(self, now: datetime) -> bool:
        """Whether too many attempts failed a short while ago."""
        return self.locked_until is not None and self.locked_until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInStanding:
    """How a person signs in, as their account screen says it."""

    uses_sso: bool
    password_changed_at: datetime | None
    factor_since: datetime | None
    recovery_left: int
    is_factor_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A signed-in browser or program of a person."""

    id: UUID
    organization: str
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorOffer:
    """What an authenticator app needs, before a code has confirmed it."""

    secret: str
    uri: str  #: what the QR code says


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a provider says of a person who logged in there."""

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str
    issued_at: int  #: seconds since 1970
    nonce: str

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Read the claims of an ID token; what is missing is empty, and then nobody is let in."""
        return cls(
            issuer=str(claims.get("iss") or ""),
            subject=str(claims.get("sub") or ""),
            email=str(claims.get("email") or "").strip().lower(),
            is_verified=claims.get("email_verified") in (True, "true"),
            name=str(claims.get("name") or ""),
            issued_at=int(claims["iat"]) if isinstance(claims.get("iat"), int | float) else 0,
            nonce=str(claims.get("nonce") or ""),
        )
