"""Codes of authenticator apps (TOTP, RFC 6238: SHA-1, six digits, thirty seconds) and recovery codes."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

import pyotp

_STEP_S = 30
#: Steps before and after now whose code is taken: clocks differ, and people are slow.
_TOLERANCE = 1
RECOVERY_CODES = 10
#: No letter that reads like a digit.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """Return a secret of 160 bits in base 32."""
    return pyotp.random_base32()


def app_uri(secret: str, *, email: str, issuer: str) -> str:
    """Return what the QR code says to an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, None for a wrong one. Whoever accepts it has to remember the step."""
    given = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", given):
        return None
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_S
    found = None
    for step in range(current - _TOLERANCE, current + _TOLERANCE + 1):
        if hmac.compare_digest(totp.generate_otp(step), given):
            found = step
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """Return codes of 79 bits, in four groups of four."""
    return tuple(
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    )


def recovery_sha256(code: str) -> str:
    """Return how a recovery code is kept; dashes, spaces and capitals do not matter. It is random and needs no salt."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).lower().encode(errors="replace")).hexdigest()
