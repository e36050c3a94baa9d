"""Addresses that are not written to: for good or for a while, for one schedule or for everything."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SuppressionReason(StrEnum):
    """Why an address is not written to."""

    UNSUBSCRIBED = "unsubscribed"  #: its owner said so
    SNOOZED = "snoozed"  #: its owner wants a pause
    ADDED = "added"  #: somebody of the organization put it on the list
    REMOVED = "removed"  #: it was taken out of everything
    BOUNCED = "bounced"  #: mail came back for good
    COMPLAINED = "complained"  #: its owner called a mail spam

    @property
    def is_own_choice(self) -> bool:
        """Whether the owner of the address may take it back."""
        return self in (SuppressionReason.UNSUBSCRIBED, SuppressionReason.SNOOZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address on the list."""

    id: UUID
    address: str
    schedule_id: UUID | None  #: None: nothing at all is sent
    schedule: str | None  #: its name
    reason: SuppressionReason
    until: datetime | None  #: None: until somebody takes it off the list
    note: str
    created_at: datetime

    @property
    def in_words(self) -> str:
        """What stands at a delivery that was left out."""
        if self.until is not None:
            return f"Not sent: {self.address} wants a pause until {self.until:%Y-%m-%d}."
        return f"Not sent: {self.address} {_WORDS[self.reason]}."


_WORDS = {
    SuppressionReason.UNSUBSCRIBED: "has unsubscribed",
    SuppressionReason.SNOOZED: "wants a pause",
    SuppressionReason.ADDED: "is on the list of addresses that get no mail",
    SuppressionReason.REMOVED: "was removed from everything",
    SuppressionReason.BOUNCED: "sent mail back for good",
    SuppressionReason.COMPLAINED: "called a mail spam",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who follows a link at the end of a mail, and what the mail was."""

    organization_id: UUID
    organization: str
    address: str
    schedule_id: UUID | None  #: None: no schedule sent it, or it is gone
    schedule: str | None
    present: tuple[Suppression, ...] = ()  #: what holds for the address now


class SubscriptionChoice(StrEnum):
    """What may be asked for without signing in."""

    SCHEDULE = "report"  #: no more of this schedule
    EVERYTHING = "everything"  #: no mail of this organization at all
    SNOOZE_1 = "weeks-1"
    SNOOZE_2 = "weeks-2"
    SNOOZE_3 = "weeks-3"
    SNOOZE_4 = "weeks-4"
    AGAIN = "again"  #: take back what was asked for before

    @property
    def weeks(self) -> int | None:
        """How long a pause lasts; None: it is none."""
        return int(self.value[-1]) if self.value.startswith("weeks-") else None
