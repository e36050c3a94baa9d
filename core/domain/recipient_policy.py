"""Who may receive reports of an organization by mail: the rule, and what it says of an address."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.address import email_key


class RecipientRule(StrEnum):
    """Who may receive reports. Members of the organization always may."""

    ANYONE = "anyone"  #: every address
    MEMBERS = "members"  #: members and nobody else
    DOMAINS = "domains"  #: addresses of the named domains
    VERIFIED = "verified"  #: addresses whose owner said yes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientPolicy:
    """The rule of an organization."""

    rule: RecipientRule = RecipientRule.ANYONE
    domains: tuple[str, ...] = ()  #: in lower-case punycode; `*.example.com` names what lies below it
    version: int = 0  #: 0: nobody ever set one

    def why_not(self, address: str, *, is_member: bool, is_verified: bool) -> str | None:
        """Return why an address may not receive reports, as a sentence with the address and the rule; None: it may."""
        if self.rule is RecipientRule.ANYONE or is_member:
            return None
        if self.rule is RecipientRule.DOMAINS:
            return None if self._has_domain(address) else f"{address} may not get reports: {self._domains_in_words}."
        if self.rule is RecipientRule.VERIFIED:
            return None if is_verified else f"{address} may not get reports yet: its owner has not confirmed it."
        return f"{address} may not get reports: only members of your organization may."

    def refusals(
        self, addresses: Iterable[str], *, members: Collection[str], verified: Collection[str]
    ) -> dict[str, str]:
        """Return those of `addresses` that may not, each with the reason; `members`, `verified`: by `email_key`."""
        found: dict[str, str] = {}
        for address in addresses:
            key = email_key(address)
            why = self.why_not(address, is_member=key in members, is_verified=key in verified)
            if why is not None:
                found[address] = why
        return found

    @property
    def _domains_in_words(self) -> str:
        if not self.domains:
            return "only members of your organization may, as no domain is allowed"
        return f"allowed {'is' if len(self.domains) == 1 else 'are'} {', '.join(self.domains)}, and members"

    def _has_domain(self, address: str) -> bool:
        domain = email_key(address).rpartition("@")[2]
        return any(
            domain.endswith(allowed[1:]) if allowed.startswith("*.") else domain == allowed for allowed in self.domains
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAddress:
    """An address that was asked whether it wants reports."""

    id: UUID
    address: str
    asked_at: datetime
    asked_by_name: str | None
    times_asked: int
    expires_at: datetime  #: when the newest link ends
    confirmed_at: datetime | None

    @property
    def is_confirmed(self) -> bool:
        """Whether its owner said yes."""
        return self.confirmed_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What whoever follows the link of a verification mail sees."""

    organization_id: UUID
    organization: str
    address: str
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRecipient:
    """A recipient of a schedule whom the policy does not let through, and by what way they come in."""

    address: str
    why: str
    group: str | None = None  #: the group that names them; None: the schedule itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleAtOdds:
    """A schedule with recipients that may not receive reports."""

    schedule_id: UUID
    schedule: str
    is_active: bool
    refused: tuple[RefusedRecipient, ...]
