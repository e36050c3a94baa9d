"""Invitations: who is asked to join an organization, by whom, and in which role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An address that has not answered yet."""

    id: UUID
    email: str
    role: str
    group_ids: tuple[UUID, ...]
    invited_by: UUID
    inviter: str
    invited_at: datetime
    expires_at: datetime
    mailed_at: datetime | None  #: None: the link was to be handed over by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation that was just made or made anew."""

    invitation: Invitation
    link: str | None  #: where no mail left; it is shown this once


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What whoever follows the link of an invitation is shown."""

    organization_id: UUID
    organization: str
    email: str
    role: str
    inviter: str
    has_account: bool  #: they sign in with it instead of setting a password
