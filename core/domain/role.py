"""Roles of an organization: those there are from the start, and its own."""

from dataclasses import dataclass
from uuid import UUID

from core.domain.access import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of permissions."""

    id: UUID
    name: str
    description: str
    permissions: frozenset[Permission]
    is_built_in: bool  #: there from the start, and never changed
    people: int  #: who hold it now, service accounts included
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDraft:
    """What somebody gives to make or replace a role."""

    name: str
    permissions: frozenset[Permission]
    description: str = ""
