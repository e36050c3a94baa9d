"""Mailgun: JSON with its own signature, an HMAC-SHA256 over a timestamp and a token."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from core.deliver.bounces.provider import (
    BAD_SIGNATURE,
    Report,
    address_of,
    instant_of,
    json_of,
    message_id_of,
    object_of,
    one_line,
    refuse_old,
)
from core.domain.bounce import BounceEvent, BounceKind
from core.errors import InvalidInput, NotAllowed


class MailgunHooks:
    """Webhooks "Permanent failure", "Temporary failure" and "Spam complaints"."""

    key = "mailgun"
    label = "Mailgun"
    secret_fields: ClassVar[Mapping[str, str]] = {
        "signing_key": "The HTTP webhook signing key of the account (Settings, API security)."
    }

    def check(self, secrets: Mapping[str, str]) -> None:
        """A key is some characters."""
        if len(secrets.get("signing_key", "")) < 8:
            raise InvalidInput("This is not a signing key of Mailgun.", place="secrets.signing_key")

    def read(self, report: Report, secrets: Mapping[str, str], now: datetime) -> tuple[BounceEvent, ...]:
        """Check the signature, then read the one event."""
        said = object_of(json_of(report.body))
        signature = object_of(said.get("signature"))
        timestamp, token = str(signature.get("timestamp", "")), str(signature.get("token", ""))
        expected = hmac.new(secrets["signing_key"].encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected.encode(), str(signature.get("signature", "")).encode()):
            raise NotAllowed(BAD_SIGNATURE)
        refuse_old(instant_of(timestamp), now)
        event = _event(object_of(said.get("event-data")), token)
        return () if event is None else (event,)


def _event(data: dict[str, Any], token: str) -> BounceEvent | None:
    kind = _kind(data)
    if kind is None:
        return None
    status = object_of(data.get("delivery-status"))
    headers = object_of(object_of(data.get("message")).get("headers"))
    return BounceEvent(
        # The signature does not cover the event: its token makes a replay with another id the same news.
        id=token,
        kind=kind,
        address=address_of(data.get("recipient")),
        reason=one_line(status.get("code"), status.get("message") or status.get("description") or data.get("reason")),
        happened_at=instant_of(data.get("timestamp")),
        message_id=message_id_of(headers.get("message-id")),
    )


def _kind(data: dict[str, Any]) -> BounceKind | None:
    if data.get("event") == "complained":
        return BounceKind.COMPLAINT
    if data.get("event") != "failed":
        return None
    return BounceKind.HARD if data.get("severity") == "permanent" else BounceKind.SOFT
