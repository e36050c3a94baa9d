"""What a look at recipients in the data finds, before anything is sent and afterwards."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from core.domain.bursting import Outcome
from core.domain.delivery import DeliveryState
from core.domain.page import Page


class Standing(StrEnum):
    """What would become of somebody."""

    GETS = "gets"  #: they get their rows
    NO_ROWS = "no_rows"  #: there are none for them
    INVALID = "invalid"  #: their row cannot be used
    REFUSED = "refused"  #: the organization's rule does not let them through
    SUPPRESSED = "suppressed"  #: they asked not to be written to, or mails to them came back


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstPreviewLine:
    """Somebody whom the data names; `line` is the row that does, from 1."""

    line: int
    address: str
    name: str = ""
    values: tuple[str, ...] = ()  #: what picks their rows, in words
    formats: tuple[str, ...] = ()
    rows: int | None = None  #: None: not counted
    size_bytes: int | None = None  #: an estimate
    standing: Standing
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstPreview:
    """Who would get what."""

    lines: Page[BurstPreviewLine]
    counts: dict[Standing, int] = field(default_factory=dict)  #: of all lines; rows count as far as they are known
    recipients: int
    parts: int
    why_many: str | None  #: why each part needs a question of its own; None: one is enough
    are_counted: bool  #: whether the rows of all parts are known, or those of the page only
    size_bytes: int | None  #: of all mails, an estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstLine:
    """Somebody whom a run's data names and how it went."""

    line: int
    address: str
    name: str
    outcome: Outcome
    reason: str
    rows: int | None
    delivery_id: UUID | None
    state: DeliveryState | None
