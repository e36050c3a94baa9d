"""Groups of recipients: people of the organization and outside addresses under one name."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.errors import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """Somebody in a group: a person of the organization, by `user_id`, or an outside address."""

    user_id: UUID | None = None
    address: str = ""  #: of a person: theirs
    name: str = ""  #: of a person: theirs
    locale: str = ""  #: as in en-GB; empty: not known
    is_here: bool = True  #: of a person: whether they are an active member


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A saved group."""

    id: UUID
    organization_id: UUID
    name: str
    description: str
    member_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    members: tuple[GroupMember, ...] = ()  #: not in lists


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDraft:
    """What somebody gives to make or replace a group."""

    name: str
    description: str = ""
    members: tuple[GroupMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the organization as others see them."""

    user_id: UUID
    name: str
    email: str
    role: str
    is_active: bool
    left_at: datetime | None
    deactivated_at: datetime | None = None  #: set: an administrator closed their place here, and may open it again

    @property
    def is_here(self) -> bool:
        """Whether they belong to the organization now and may sign in."""
        return self.is_active and self.left_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where an address stands: what removing it everywhere would change."""

    address: str
    schedules: tuple[tuple[str, bool], ...] = ()  #: names, and whether nobody else would be left
    groups: tuple[str, ...] = ()  #: names
    is_suppressed: bool = False  #: nothing is sent to it already


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom recipients stand for at a moment."""

    addresses: tuple[str, ...]  #: who would get it, each once
    left_out: tuple[tuple[str, str], ...] = ()  #: addresses that would get nothing, each with the reason
    said: tuple[str, ...] = ()  #: what is to be known of groups that stand for nobody


class GroupInUse(Conflict):
    """Schedules send to this group. Change them first."""

    code = "group_in_use"

    def __init__(self, user_message: str, *, schedules: tuple[tuple[UUID, str], ...]) -> None:
        """`schedules`: id and name of each."""
        self.schedules = schedules
        super().__init__(user_message)
