"""Postmark: JSON behind a name and a password (HTTP Basic); it signs nothing."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from core.deliver.bounces.provider import Report, address_of, instant_of, json_of, object_of, one_line, refuse_old
from core.domain.bounce import BounceEvent, BounceKind
from core.errors import InvalidInput, NotSignedIn

_KINDS = {
    "HardBounce": BounceKind.HARD,
    "BadEmailAddress": BounceKind.HARD,
    "ManuallyDeactivated": BounceKind.HARD,
    "SpamComplaint": BounceKind.COMPLAINT,
    "SpamNotification": BounceKind.COMPLAINT,
}


class PostmarkHooks:
    """Webhooks "Bounce" and "Spam complaint"."""

    key = "postmark"
    label = "Postmark"
    secret_fields: ClassVar[Mapping[str, str]] = {
        "user": "The name of the basic auth credentials that the webhook is given.",
        "password": "Their password, at least 16 characters.",
    }

    def check(self, secrets: Mapping[str, str]) -> None:
        """The password is all there is, so it has to be long."""
        if not secrets.get("user") or ":" in secrets["user"]:
            raise InvalidInput("Give a name without a colon.", place="secrets.user")
        if len(secrets.get("password", "")) < 16:
            raise InvalidInput("The password needs at least 16 characters.", place="secrets.password")

    def read(self, report: Report, secrets: Mapping[str, str], now: datetime) -> tuple[BounceEvent, ...]:
        """Check the password, then read the one event."""
        expected = f"{secrets['user']}:{secrets['password']}".encode()
        if not hmac.compare_digest(expected, _given(report.headers.get("authorization", ""))):
            raise NotSignedIn("This is not the name and password that the webhook was given.")
        said = object_of(json_of(report.body))
        if said.get("RecordType") not in ("Bounce", "SpamComplaint"):
            return ()
        happened_at = instant_of(said.get("BouncedAt"))
        refuse_old(happened_at, now)
        return (
            BounceEvent(
                id=one_line(said.get("ID")),
                kind=_KINDS.get(str(said.get("Type")), BounceKind.SOFT),
                address=address_of(said.get("Email")),
                reason=one_line(said.get("Description"), said.get("Details")),
                happened_at=happened_at,
                accepted_as=one_line(said.get("MessageID")) or None,
            ),
        )


def _given(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    try:
        return base64.b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""
