"""Destinations: where a channel other than mail delivers to, and how it is reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

#: The ids of the installation's own destinations are made from this one and their channel.
_OWN = UUID("6f0d6f3a-64b5-4d0a-9c44-1f0a3c8e9b51")

DestinationSettings = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A saved destination, or one that the installation's settings make. Its secrets never come along."""

    id: UUID
    organization_id: UUID
    channel: str  #: key of the channel registry
    name: str
    settings: DestinationSettings
    version: int = 1
    created_at: datetime | None = None  #: None: it is not saved
    updated_at: datetime | None = None
    is_built_in: bool = False  #: the operator's settings make it; nobody changes it in the app


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDraft:
    """A destination as a person fills it in. On a change, secrets that are not given stay as they are."""

    name: str
    channel: str
    settings: Mapping[str, object]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationTest:
    """Whether something could be delivered; `message` says what was said, or what is wrong."""

    is_ok: bool
    message: str
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Everything a channel needs to deliver to one destination. Never stored, never shown."""

    organization_id: UUID
    name: str
    settings: Mapping[str, str | int | bool]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_built_in: bool = False  #: the operator named its host, who is trusted

    def text(self, name: str) -> str:
        """A setting as text; empty where it is not given."""
        return str(self.settings.get(name) or "")


def built_in_id(channel: str) -> UUID:
    """Return the id of the installation's own destination of a channel."""
    return uuid5(_OWN, channel)
