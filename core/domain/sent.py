"""The archive of what went out: to whom, when, with which answer, and exactly what."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.bounce import Bounce
from core.domain.delivery import Attachment, DeliveryState
from core.domain.link import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFilter:
    """Which deliveries are wanted; None and "" ask for nothing."""

    search: str = ""  #: part of an address or of a report's name
    schedule_id: UUID | None = None
    run_id: UUID | None = None
    state: DeliveryState | None = None
    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """A delivery as the archive lists it."""

    id: UUID
    run_id: UUID
    channel: str
    address: str
    destination_id: UUID | None
    destination: str | None  #: its name, while it is there
    role: str
    state: DeliveryState
    attempt: int
    created_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime | None
    response: str | None
    error_message: str | None
    reference: str | None
    title: str
    schedule_id: UUID | None
    schedule_name: str | None

    @property
    def whom(self) -> str:
        """The recipient in words: some need no address beside their destination."""
        return self.address or self.destination or self.channel


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file that went with a message, or that the message leads to."""

    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    artifact_id: UUID | None
    is_linked: bool = False  #: the message holds a link to it


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCopy:
    """What a delivery's newest attempt handed over. `content` is sealed."""

    at: datetime
    subject: str
    sha256: str | None  #: of the bytes that went over the wire; None: only files did
    size_bytes: int | None
    content: str
    files: tuple[SentFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStep:
    """A state that a delivery came to."""

    at: datetime
    state: DeliveryState
    attempt: int
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDelivery:
    """All that is known of one delivery."""

    line: SentLine
    copy: SentCopy | None  #: None: nothing was handed over, or it was before copies were kept
    steps: tuple[DeliveryStep, ...]
    links: tuple[Link, ...]  #: those its message holds
    bounces: tuple[Bounce, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail to be looked at: pictures stand in the HTML, links that open something do not."""

    subject: str
    to: str
    made_at: datetime
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
