"""The audit as people read it: which events are wanted, an event in full, and a part of a long list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which events are wanted; None and "" ask for nothing."""

    person: str = ""  #: part of a name or an address
    action: str = ""  #: such as "report.changed"
    kind: str = ""  #: such as "report"
    named: str = ""  #: part of the object's name
    object_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An event with its link."""

    id: UUID
    at: datetime
    recorded_at: datetime  #: by the database's clock
    actor_id: UUID | None
    actor: str
    action: str
    kind: str
    object_id: UUID | None
    object_name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    is_erased: bool  #: who and what it was about was erased
    position: int | None  #: of its link; None: it waits for it
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPart:
    """Events, the newest first, and what to ask with for older ones."""

    items: tuple[AuditEntry, ...]
    cursor: str | None  #: None: there are no older ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value of a change, by its place in words."""

    place: str  #: such as "terms · retries"
    before: str
    after: str


def action_words(action: str) -> str:
    """Return an action in words: "report.changed" is "Report changed"."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def difference_lines(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[Difference, ...]:
    """Return what differs, a line each; a side that is not there is blank."""
    old, new = dict(_leaves("", before or {})), dict(_leaves("", after or {}))
    return tuple(
        Difference(place=place, before=old.get(place, ""), after=new.get(place, ""))
        for place in {**old, **new}
        if old.get(place) != new.get(place)
    )


def _leaves(place: str, value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [leaf for name, one in value.items() for leaf in _leaves(_below(place, name), one)]
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        return [leaf for number, one in enumerate(value, 1) for leaf in _leaves(_below(place, str(number)), one)]
    return [(place, _shown(value))]


def _below(place: str, name: str) -> str:
    words = name.replace("_", " ")
    return f"{place} · {words}" if place else words


def _shown(value: object) -> str:
    if value is None or value in ({}, []):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    return str(value)
