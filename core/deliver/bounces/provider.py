"""What a mail service that reports bounces over HTTP is, and what their readers share."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

from core.domain.bounce import BounceEvent
from core.errors import InvalidInput, NotAllowed

#: Services repeat a report that was not taken for up to a day. Each is taken once, so that a repeat does nothing.
OLDEST = timedelta(hours=25)
#: How far ahead another clock may be.
_AHEAD = timedelta(minutes=5)
_MOST_REASON = 300

BAD_SIGNATURE = "The signature does not fit."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a service posted: headers by their lower-case names, and the very bytes that were signed."""

    headers: Mapping[str, str]
    body: bytes


class Provider(Protocol):
    """Reads one service's reports."""

    key: str
    label: str
    #: What it takes to know the service by: name and help.
    secret_fields: ClassVar[Mapping[str, str]]

    def check(self, secrets: Mapping[str, str]) -> None:
        """Raise InvalidInput where what was given cannot be used."""
        ...

    def read(self, report: Report, secrets: Mapping[str, str], now: datetime) -> tuple[BounceEvent, ...]:
        """Return the news in a report. Raises NotAllowed or NotSignedIn for one that is not the service's or is old."""
        ...


def json_of(body: bytes) -> Any:
    """Return a body's JSON; raises InvalidInput."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("This is not JSON.") from error


def object_of(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a JSON array."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def bytes_of(text: str) -> bytes:
    """Decode base64; raises NotAllowed, for it is always part of a signature."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAllowed(BAD_SIGNATURE) from error


def refuse_old(at: datetime, now: datetime) -> None:
    """Raise NotAllowed for what was said too long ago, or in the future."""
    if not now - OLDEST <= at <= now + _AHEAD:
        raise NotAllowed("The report is too old, or its clock is wrong.")


def instant_of(value: Any) -> datetime:
    """Return an instant from Unix seconds or ISO 8601; raises NotAllowed where there is none to trust."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        text = str(value)
        if text.isascii() and text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotAllowed("The report does not say when it was made.") from error


def one_line(*parts: Any) -> str:
    """Return what the other side said on one printable line of at most 300 characters."""
    text = " ".join(str(part) for part in parts if part)
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_MOST_REASON].rstrip()


def address_of(value: Any) -> str:
    """Return a bare address: `Bob <bob@example.com>` without its name, at most 320 characters."""
    text = one_line(value)
    return text.rpartition("<")[2].rstrip("> ")[:320]


def message_id_of(value: Any) -> str | None:
    """Return a Message-ID in its brackets."""
    text = one_line(value).strip("<> ")
    return f"<{text}>" if text else None
