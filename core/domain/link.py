"""Links that open one file without a sign-in, and what became of each try to use one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class LinkResult(StrEnum):
    """How a try to use a link went."""

    OPENED = "opened"  #: the file went out from its first byte on; this counts as a use
    RESUMED = "resumed"  #: the rest of a file that the same network opened within the hour
    REVOKED = "revoked"  #: somebody had taken the link back
    EXPIRED = "expired"  #: its time was over
    USED_UP = "used_up"  #: it had been used as often as it may be
    NOT_ALLOWED = "not_allowed"  #: whoever made it may not open the file themselves any more
    REMOVED = "removed"  #: the file is gone
    CODE_SENT = "code_sent"  #: a code was mailed to the person it is for
    CODE_WRONG = "code_wrong"  #: somebody gave another code


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTerms:
    """How long and how often a link opens its file, and for whom."""

    expires_at: datetime
    max_uses: int | None = None  #: None: as often as one likes
    recipient: str | None = None  #: who has to give a code that is mailed there; None: whoever has the link


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to one file of a run. Nobody knows its token any more."""

    id: UUID
    organization_id: UUID
    artifact_id: UUID
    run_id: UUID
    file_name: str
    terms: LinkTerms
    uses: int
    revoked_at: datetime | None
    created_at: datetime
    created_by: UUID | None
    created_by_name: str | None
    reference: str | None  #: of the delivery whose message holds it

    def closed(self, now: datetime) -> LinkResult | None:
        """Why it opens nothing; None where it does. That the last use goes on is for the caller to know."""
        if self.revoked_at is not None:
            return LinkResult.REVOKED
        if self.terms.expires_at <= now:
            return LinkResult.EXPIRED
        if self.terms.max_uses is not None and self.uses >= self.terms.max_uses:
            return LinkResult.USED_UP
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUse:
    """One try to use a link."""

    at: datetime
    network: str  #: where it came from, shortened: "192.0.2.0/24", "2001:db8:1::/48"
    result: LinkResult
