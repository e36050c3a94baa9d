"""The chain of the audit: how an event is digested, how a link holds the one before, and what a broken one is called.

A link's digest is over its place, the digest of its event and the digest of the link before; an event's digest is over
a digest of its detail, so that what speaks of a person can be erased and the chain still holds.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

#: What the first link holds in place of a link before it.
START = "0" * 64
#: How long after an event was recorded its transaction may end. One that is said to be recorded longer than that before
#: everything of then had its link was put in later.
LATE_AT_MOST = timedelta(minutes=10)
#: The action of an event that says which details were erased.
ERASED = "audit.erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEvent:
    """An event as the chain holds it."""

    id: UUID
    organization_id: UUID
    at: datetime
    recorded_at: datetime  #: by the database's clock
    actor_id: UUID | None
    action: str
    kind: str
    object_id: UUID | None
    detail_sha256: str

    @property
    def sha256(self) -> str:
        """The digest of the event."""
        told = (self.actor_id, self.action, self.kind, self.object_id, self.detail_sha256)
        return _digest(self.id, self.organization_id, instant(self.at), instant(self.recorded_at), *told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link, or with position 0 what is before the first one."""

    organization_id: UUID
    position: int
    event_id: UUID | None
    linked_at: datetime
    caught_up_at: datetime  #: when every event of before had its link
    sha256: str

    def follow(self, event: ChainedEvent, *, linked_at: datetime) -> "Link":
        """Return the link to `event` that comes after this one."""
        position = self.position + 1
        times = (instant(linked_at), instant(self.caught_up_at))
        return Link(
            organization_id=self.organization_id,
            position=position,
            event_id=event.id,
            linked_at=linked_at,
            caught_up_at=self.caught_up_at,
            sha256=_digest(self.organization_id, position, *times, event.sha256, self.sha256),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """How the chain of an organization was found."""

    organization: str
    position: int  #: the links that were looked at, and are whole
    sha256: str  #: of the last of them
    waiting: int = 0  #: events that wait for their link
    broken: str | None = None  #: the first broken link in words; None: the chain is whole


def detail_sha256(*, salt: str, actor: str, object_name: str, changes: str) -> str:
    """Return the digest of an event's detail, as the trigger on deliveries makes it in SQL."""
    lengths = len(actor.encode()), len(object_name.encode())
    text = f"{salt}:{lengths[0]}:{actor}:{lengths[1]}:{object_name}:{changes}"
    return hashlib.sha256(text.encode()).hexdigest()


def seal(key: str, last: Link) -> str:
    """Return what only an installation with this secret key can say of the end of a chain."""
    text = f"{last.organization_id}:{last.position}:{last.sha256}:{instant(last.caught_up_at)}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def instant(at: datetime) -> str:
    """Return an instant to the microsecond, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join("" if part is None else str(part) for part in parts).encode()).hexdigest()
