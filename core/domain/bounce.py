"""Bounces: what mail services and servers say about mail that they had accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class BounceKind(StrEnum):
    """What is to be made of it."""

    HARD = "hard"  #: nobody can be reached there
    SOFT = "soft"  #: it did not arrive this time, or not yet; the address lives
    COMPLAINT = "complaint"  #: the recipient called it spam

    @property
    def suppresses(self) -> bool:
        """Whether nothing more is sent to the address."""
        return self is not BounceKind.SOFT


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceEvent:
    """One piece of news about one recipient of one mail."""

    id: str  #: the sender's own name for it: the same news twice has the same
    kind: BounceKind
    address: str
    reason: str  #: in the other side's words, on one line
    happened_at: datetime
    message_id: str | None = None  #: "<…@…>", as we wrote it
    accepted_as: str | None = None  #: the name the service gave the mail in its answer when it took it


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A recorded bounce."""

    id: UUID
    provider: str
    kind: BounceKind
    address: str
    reason: str
    happened_at: datetime
    delivery_id: UUID | None  #: None: no delivery fits
    is_left_alone: bool = False  #: the address is on the list of those that get nothing now


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceIntake:
    """Where a mail service of an organization reports to."""

    provider: str
    label: str
    path: str  #: of the address that the service is given
    is_set_up: bool
    secret_fields: Mapping[str, str]  #: what it takes to know the service by: name and help
    updated_at: datetime | None = None
    last: Bounce | None = None  #: what it reported last
