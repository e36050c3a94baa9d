"""Members as those who manage them see them: people, service accounts, their tokens, and organizations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.access import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody's place in an organization, also of who left."""

    user_id: UUID
    name: str
    email: str
    role: str
    permissions: frozenset[Permission]
    is_active: bool  #: False: the account is closed in every organization
    left_at: datetime | None
    deactivated_at: datetime | None  #: set: closed here, and may be opened again
    is_service: bool

    @property
    def is_here(self) -> bool:
        """Whether they may act in the organization now."""
        return self.is_active and self.left_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What a member owns."""

    reports: int
    dashboards: int
    schedules: int

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.reports or self.dashboards or self.schedules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """What became of what somebody owned."""

    name: str
    paused: tuple[str, ...] = ()  #: names of schedules that wait for another owner
    given: Belongings = Belongings(reports=0, dashboards=0, schedules=0)
    new_owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as whoever looks after it sees it; its secret is shown once, when it is made."""

    id: UUID
    name: str
    scopes: frozenset[Permission] | None  #: None: all that its owner may at the time
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """A program's account: it has tokens and no password."""

    id: UUID
    name: str
    role: str
    responsible: str  #: who looks after it; empty: nobody any more
    created_at: datetime
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization as those who belong to it or manage the installation see it."""

    id: UUID
    name: str
    role: str  #: the reader's own there; empty: they do not belong to it
    is_active: bool
    people: int | None = None  #: only for who manages the installation
