"""Deliveries: one run's artifacts to one recipient, their states and their only transitions."""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO
from uuid import UUID


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  #: waiting for a worker
    SENDING = "sending"  #: committed before the network was touched
    SENT = "sent"  #: the other side said yes
    RETRY = "retry"  #: the other side said not now; `next_attempt_at` is set
    FAILED = "failed"  #: the other side said no for good, or the retries are used up
    BOUNCED = "bounced"  #: accepted, then returned
    UNKNOWN = "unknown"  #: the lease ended in SENDING: it may have arrived
    HELD = "held"  #: waiting for a decision of the owner
    SUPPRESSED = "suppressed"  #: the address asked not to be written to

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (
            DeliveryState.SENT,
            DeliveryState.FAILED,
            DeliveryState.BOUNCED,
            DeliveryState.HELD,
            DeliveryState.SUPPRESSED,
        )


_S = DeliveryState
#: The one transition table of deliveries: from -> allowed next states.
DELIVERY_TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    _S.PENDING: frozenset({_S.SENDING, _S.SUPPRESSED, _S.HELD, _S.FAILED}),
    _S.SENDING: frozenset({_S.SENT, _S.RETRY, _S.FAILED, _S.UNKNOWN, _S.HELD}),
    _S.RETRY: frozenset({_S.SENDING, _S.FAILED, _S.SUPPRESSED}),
    _S.UNKNOWN: frozenset({_S.SENDING, _S.HELD, _S.FAILED, _S.SUPPRESSED}),
    _S.HELD: frozenset({_S.PENDING, _S.FAILED}),
    _S.SENT: frozenset({_S.BOUNCED}),
    _S.FAILED: frozenset({_S.PENDING}),
    _S.BOUNCED: frozenset(),
    _S.SUPPRESSED: frozenset({_S.PENDING}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One run's artifacts to one recipient over one channel."""

    id: UUID
    run_id: UUID
    channel: str
    address: str
    role: str
    state: DeliveryState
    attempt: int
    sent_at: datetime | None
    next_attempt_at: datetime | None
    response: str | None  #: what the other side said
    error_message: str | None
    reference: str | None  #: Message-ID, key or URL under which it can be found
    destination_id: UUID | None = None  #: None: the installation's own way


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file as it is read back out of a mail."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFile:
    """A file that goes with a message. `open` gives its bytes from front to back; whoever calls it closes them."""

    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)
    format: str = ""
    artifact_id: UUID | None = None  #: None: it is no file of a run
    manifest: Mapping[str, Any] | None = None  #: what it is, as JSON

    @classmethod
    def of(cls, file_name: str, media_type: str, content: bytes) -> "MessageFile":
        """A small file that is in memory."""
        return cls(
            file_name=file_name,
            media_type=media_type,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            open=lambda: io.BytesIO(content),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """A file that a message leads to instead of carrying it."""

    file: MessageFile
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """A headline figure in words: "1,234,567 EUR", "up 12.3%"."""

    label: str
    value: str
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a message tells of its run, for channels that do not show the mail."""

    run_id: UUID
    report_id: UUID | None
    title: str
    sentence: str
    period: str | None
    logical_at: datetime
    rows: int
    notes: tuple[str, ...] = ()
    figures: tuple[KeyFigure, ...] = ()
    report_url: str | None = None
    chart_png: bytes | None = None
    names: Mapping[str, str] = field(default_factory=dict)  #: what `{name}` stands for in folders and keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressees:
    """Whom a mail shows as its recipients, in order. Blind copies are nowhere; both empty: nobody is shown."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel sends: composed once, the same on every retry. `reference` is a function of run and recipient."""

    reference: str
    subject: str
    text: str
    html: str
    attachments: tuple[MessageFile, ...]
    inline_images: tuple[tuple[str, bytes], ...] = ()  #: (content id, PNG)
    made_at: datetime
    links: tuple[FileLink, ...] = ()
    about: About | None = None  #: None: it speaks of no run
    addressees: Addressees | None = None  #: None: its recipient alone
    unsubscribe_url: str | None = None  #: where its recipient can stop or pause it without signing in
    #: Told the bytes that go over the wire, before they do, by channels that make some of the whole message.
    on_wire: Callable[[bytes], None] = field(default=lambda _content: None, compare=False, repr=False)
