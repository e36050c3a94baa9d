"""Webhook: a signed JSON message with the manifests of a run's files and links to them."""

import hashlib
import hmac
import json
import logging
from collections.abc import Sequence
from typing import Any

from urllib3.exceptions import HTTPError, SSLError

from core.catalog.sources.connector import ConnectionField
from core.clock import Clock
from core.deliver.channel import placed
from core.deliver.http_answers import refusal
from core.domain.delivery import About, FileLink, Message, MessageFile
from core.domain.destination import DestinationSettings, Place
from core.domain.schedule import Recipient
from core.errors import DeliveryDeferred, InvalidAddress, InvalidInput
from core.outbound.http import HttpWay, check_url, guard_of
from core.settings import Settings

logger = logging.getLogger(__name__)

SIGNATURE, TIMESTAMP = "Broadsheet-Signature", "Broadsheet-Timestamp"
#: First key of the message: what its other keys mean is told in docs/delivery.md.
SCHEMA = "broadsheet/delivery/1"
_LEAST_SECRET = 16


class WebhookChannel:
    """Posts to an address that a person filled in. The receiver knows a repeated message by its Idempotency-Key."""

    key = "webhook"
    label = "Webhook"
    address_help = "Leave it empty: the address stands in the destination."
    form = (
        ConnectionField(name="url", label="Address", help="As in https://hooks.example.com/reports."),
        ConnectionField(
            name="signing_secret",
            label="Signing secret",
            help="At least 16 characters. The receiver checks with it that a message is ours.",
            is_secret=True,
        ),
        ConnectionField(
            name="authorization",
            label="Authorization header",
            help="Sent along where the receiver asks for one, as in Bearer abc.",
            is_secret=True,
            is_required=False,
        ),
    )

    def __init__(self, settings: Settings, clock: Clock, *, connect_s: float = 10.0, read_s: float = 30.0) -> None:
        self._clock = clock
        self._way = HttpWay(guard_of(settings.allow_private_hosts), connect_s=connect_s, read_s=read_s)

    def own_settings(self) -> DestinationSettings | None:
        """The installation has none."""
        return None

    def check_place(self, place: Place) -> None:
        """Raise InvalidInput where the address or a secret cannot be."""
        try:
            check_url(place.text("url"))
        except InvalidAddress as error:
            raise InvalidInput(error.user_message, place="settings.url") from error
        if len(place.secrets.get("signing_secret", "")) < _LEAST_SECRET:
            raise InvalidInput("The signing secret needs at least 16 characters.", place="secrets.signing_secret")
        header = place.secrets.get("authorization", "")
        if any(not " " <= character <= "~" for character in header):
            raise InvalidInput("A header is one line of plain characters.", place="secrets.authorization")

    def check_address(self, address: str) -> None:
        """Raise InvalidAddress unless `address` is empty."""
        if address.strip():
            raise InvalidAddress("A webhook's address stands in its destination: leave the recipient's empty.")

    def linked(self, files: Sequence[MessageFile]) -> tuple[MessageFile, ...]:
        """Every file: a message of this kind carries none."""
        return tuple(files)

    def reference(self, message: Message, _recipient: Recipient, _place: Place | None = None) -> str:
        """The Idempotency-Key."""
        return message.reference

    def send(self, message: Message, recipient: Recipient, place: Place | None = None) -> str:
        """Post the message once. Whatever breaks may be tried again: the receiver knows it by its key."""
        place = placed(place)
        self.check_address(recipient.address)
        body = build_body(message)
        message.on_wire(body)
        try:
            answer = self._way.request(
                "POST", place.text("url"), headers=self._headers(message, place, body), body=body
            )
        except SSLError as error:
            raise DeliveryDeferred("The receiver's certificate is not trusted, so nothing was sent to it.") from error
        except (HTTPError, OSError) as error:
            logger.warning("webhook_not_reached reference=%s cause=%s", message.reference, type(error).__name__)
            raise DeliveryDeferred("The receiver cannot be reached, or it did not answer in time.") from error
        refused = refusal(answer, "The receiver", self._clock)
        if refused is not None:
            raise refused
        return f"HTTP {answer.status}"

    def _headers(self, message: Message, place: Place, body: bytes) -> dict[str, str]:
        now = str(int(self._clock.now().timestamp()))
        authorization = place.secrets.get("authorization")
        return {
            "Content-Type": "application/json",
            "User-Agent": "Broadsheet",
            "Idempotency-Key": message.reference,
            TIMESTAMP: now,
            SIGNATURE: f"v1={sign(body, timestamp=now, secret=place.secrets.get('signing_secret', ''))}",
            **({"Authorization": authorization} if authorization else {}),
        }


def sign(body: bytes, *, timestamp: str, secret: str) -> str:
    """HMAC-SHA256 over the timestamp, a dot and the body, in hexadecimal digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def build_body(message: Message) -> bytes:
    """The message as JSON; equal messages give equal bytes."""
    said = {
        "schema": SCHEMA,
        "id": message.reference,
        "subject": message.subject,
        "made_at": message.made_at.isoformat(),
        "run": None if message.about is None else _run(message.about),
        "files": [_file(link) for link in message.links],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _run(about: About) -> dict[str, Any]:
    return {
        "id": str(about.run_id),
        "report_id": None if about.report_id is None else str(about.report_id),
        "report": about.title,
        "report_url": about.report_url,
        "sentence": about.sentence,
        "period": about.period,
        "logical_at": about.logical_at.isoformat(),
        "rows": about.rows,
        "notes": list(about.notes),
        "figures": [{"label": one.label, "value": one.value, "change": one.change} for one in about.figures],
    }


def _file(link: FileLink) -> dict[str, Any]:
    file = link.file
    return {
        "name": file.file_name,
        "format": file.format,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "url": link.url,
        "expires_at": link.expires_at.isoformat(),
        "manifest": file.manifest,
    }
