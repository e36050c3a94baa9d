"""Deliveries: one run's artifacts to one recipient, their states and their only transitions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
    _S.SENDING: frozenset({_S.SENT, _S.RETRY, _S.FAILED, _S.UNKNOWN}),
    _S.RETRY: frozenset({_S.SENDING, _S.FAILED, _S.SUPPRESSED}),
    _S.UNKNOWN: frozenset({_S.SENDING, _S.HELD, _S.FAILED}),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message; `content` is read from the artifact store."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel sends: composed once, the same on every retry. `reference` is a function of run and recipient."""

    reference: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    inline_images: tuple[tuple[str, bytes], ...] = ()  #: (content id, PNG)
    made_at: datetime
