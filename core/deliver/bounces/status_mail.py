"""Delivery-status mails (RFC 3464): what a mail server writes when it cannot hand a mail on."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

from core.deliver.bounces.provider import address_of, message_id_of, one_line
from core.domain.bounce import BounceEvent, BounceKind

#: Statuses of class 5 that say nothing against the address: full, too large, refused as it was (RFC 3463).
_ADDRESS_LIVES = ("5.2.2", "5.2.3", "5.3.4", "5.7.")


def read_status_mail(content: bytes, *, arrived_at: datetime) -> tuple[BounceEvent, ...]:
    """Return the news in a mail; none where it is no delivery report of ours."""
    mail = message_from_bytes(content, policy=policy.default)
    message_id = _original_id(mail)
    if message_id is None:
        return ()
    name, happened_at = hashlib.sha256(content).hexdigest(), _date(mail, arrived_at)
    return tuple(
        BounceEvent(
            id=f"{name}:{address}",
            kind=kind,
            address=address,
            reason=one_line(fields.get("Status"), _after_type(fields.get("Diagnostic-Code"))),
            happened_at=happened_at,
            message_id=message_id,
        )
        for fields in _recipients(mail)
        if (kind := _kind(fields)) is not None and (address := _address(fields))
    )


def _recipients(mail: EmailMessage) -> Iterator[Message]:
    """The groups of fields after the first, which speaks of the whole message."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(groups := part.get_payload(), list):
            yield from (group for group in groups if isinstance(group, Message) and "Final-Recipient" in group)


def _kind(fields: Message) -> BounceKind | None:
    action, status = one_line(fields.get("Action")).lower(), one_line(fields.get("Status"))
    if action == "failed":
        is_hard = status.startswith("5.") and not status.startswith(_ADDRESS_LIVES)
        return BounceKind.HARD if is_hard else BounceKind.SOFT
    return BounceKind.SOFT if action == "delayed" else None


def _address(fields: Message) -> str:
    return address_of(_after_type(fields.get("Original-Recipient") or fields.get("Final-Recipient")))


def _after_type(value: object) -> str:
    """`rfc822; bob@example.com` without its type."""
    text = one_line(value)
    return text.partition(";")[2].strip() if ";" in text else text


def _original_id(mail: EmailMessage) -> str | None:
    """The Message-ID of the mail that came back: whole, or its head only."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822" and isinstance(inner := part.get_payload(), list):
            return next((message_id_of(one.get("Message-ID")) for one in inner if isinstance(one, Message)), None)
        if part.get_content_type() == "text/rfc822-headers":
            head = part.get_payload(decode=True)
            if isinstance(head, bytes):
                return message_id_of(message_from_bytes(head, policy=policy.default).get("Message-ID"))
    return None


def _date(mail: EmailMessage, otherwise: datetime) -> datetime:
    try:
        found = parsedate_to_datetime(str(mail["Date"]))
    except (ValueError, TypeError):
        return otherwise
    return min((found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC), otherwise)
