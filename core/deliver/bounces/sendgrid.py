"""SendGrid: a JSON array of events, signed with ECDSA over a timestamp and the very bytes."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from core.deliver.bounces.provider import (
    BAD_SIGNATURE,
    Report,
    address_of,
    bytes_of,
    instant_of,
    json_of,
    list_of,
    message_id_of,
    one_line,
    refuse_old,
)
from core.domain.bounce import BounceEvent, BounceKind
from core.errors import InvalidInput, NotAllowed

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


class SendGridHooks:
    """The event webhook with "Signed event webhook" turned on."""

    key = "sendgrid"
    label = "SendGrid"
    secret_fields: ClassVar[Mapping[str, str]] = {
        "public_key": "The verification key of the signed event webhook (Mail settings)."
    }

    def check(self, secrets: Mapping[str, str]) -> None:
        """The key has to be one of an elliptic curve."""
        _key(secrets.get("public_key", ""))

    def read(self, report: Report, secrets: Mapping[str, str], now: datetime) -> tuple[BounceEvent, ...]:
        """Check the signature, then read the events that are bounces."""
        timestamp = report.headers.get(_TIMESTAMP, "")
        try:
            _key(secrets["public_key"]).verify(
                bytes_of(report.headers.get(_SIGNATURE, "")),
                timestamp.encode() + report.body,
                ec.ECDSA(hashes.SHA256()),
            )
        except InvalidSignature as error:
            raise NotAllowed(BAD_SIGNATURE) from error
        refuse_old(instant_of(timestamp), now)
        return tuple(_event(said, kind) for said in list_of(json_of(report.body)) if (kind := _kind(said)) is not None)


def _key(text: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("This is not a verification key of SendGrid.", place="secrets.public_key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidInput("This is not a verification key of SendGrid.", place="secrets.public_key")
    return key


def _kind(said: dict[str, Any]) -> BounceKind | None:
    if said.get("event") == "spamreport":
        return BounceKind.COMPLAINT
    if said.get("event") == "bounce":
        return BounceKind.SOFT if said.get("type") == "blocked" else BounceKind.HARD
    return BounceKind.SOFT if said.get("event") in ("deferred", "dropped") else None


def _event(said: dict[str, Any], kind: BounceKind) -> BounceEvent:
    return BounceEvent(
        id=one_line(said.get("sg_event_id")),
        kind=kind,
        address=address_of(said.get("email")),
        reason=one_line(said.get("status"), said.get("reason") or said.get("response")),
        happened_at=instant_of(said.get("timestamp")),
        message_id=message_id_of(said.get("smtp-id")),
        accepted_as=one_line(said.get("sg_message_id")).partition(".")[0] or None,
    )
