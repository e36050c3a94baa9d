"""Wires the services of signing in, which know one another."""

from dataclasses import dataclass

from core.access.password_rule import PasswordRule
from core.bootstrap.parts import Parts
from core.secrets import SecretBox, derive, load_secret_key
from core.services.password_proof import PasswordProof
from core.services.passwords import PasswordService
from core.services.second_factor import SecondFactorService
from core.services.sessions import SessionService
from core.services.sign_in import SignInService
from core.services.sso import SsoService
from core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """What lets people in."""

    sign_in: SignInService
    sessions: SessionService
    second_factor: SecondFactorService
    passwords: PasswordService
    sso: SsoService


def make_signing_in(parts: Parts, settings: Settings) -> SigningIn:
    """Return the services over one process's parts."""
    key = load_secret_key(settings)
    proof = PasswordProof(parts.database, parts.clock)
    sessions = SessionService(parts.database, parts.clock)
    factors = SecondFactorService(parts.database, parts.clock, box=SecretBox(key), proof=proof)
    return SigningIn(
        sign_in=SignInService(
            parts.database,
            parts.clock,
            proof=proof,
            sessions=sessions,
            factors=factors,
            jwt_key=derive(key, "jwt"),
            is_limited=settings.rate_limits == "on",
        ),
        sessions=sessions,
        second_factor=factors,
        passwords=PasswordService(
            parts.database,
            parts.clock,
            proof=proof,
            rule=PasswordRule(settings.breached_passwords),
            channel=parts.channels["email"],
            places=parts.places,
            base_url=settings.base_url,
        ),
        sso=SsoService(
            parts.database, parts.clock, settings, sessions=sessions, cookie_secret=derive(key, "streamlit cookies")
        ),
    )
