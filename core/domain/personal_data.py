"""Personal data: what of it went out to whom, what is known about somebody, and what erasing them did."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.delivery import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalFilter:
    """Which deliveries with personal data are wanted."""

    search: str = ""  #: part of an address or of a report's name
    dataset_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalLine:
    """A delivery that took personal data to somebody."""

    delivery_id: UUID
    run_id: UUID
    at: datetime
    address: str
    channel: str
    title: str
    state: DeliveryState
    fields: tuple[str, ...]  #: labels of the personal fields, each with its dataset: "Customers: E-mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing somebody came to."""

    pseudonym: str  #: what stands where their address stood
    deliveries: int
    audit_events: int
    schedules: tuple[str, ...]  #: that they were taken out of
    groups: tuple[str, ...]
    files: int  #: that were deleted
    account: bool  #: whether their account was erased as well
