"""Alerts to administrators: of what there are any, from where on, when it is over, and how it is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.errors import InvalidInput

#: Fewer failed runs than this say nothing about a share.
LEAST_FAILED = 5
#: What is over a threshold is over only once it is clearly below, lest it come and go by the minute.
_CLEARLY_BELOW = 0.9


class AlertKind(StrEnum):
    """Of what administrators are told."""

    FAILURES = "failures"  #: many runs fail
    BACKLOG = "backlog"  #: runs wait long for a worker
    STORAGE = "storage"  #: room for files runs out
    SILENCE = "silence"  #: no daemon is heard of


#: Kind -> (what it is called, the unit of its threshold, its threshold unless somebody sets another one, the most).
KINDS: dict[AlertKind, tuple[str, str, int, int]] = {
    AlertKind.FAILURES: ("Failed runs of the last hour", "%", 30, 100),
    AlertKind.BACKLOG: ("A run waits to be worked on", "minutes", 15, 10_000),
    AlertKind.STORAGE: ("Room for files in use", "%", 90, 100),
    AlertKind.SILENCE: ("Nothing makes or sends reports", "minutes", 5, 10_000),
}
#: What an organization is told of; of the rest, those who look after the installation.
OF_ORGANIZATION = (AlertKind.FAILURES, AlertKind.BACKLOG, AlertKind.STORAGE)
OF_INSTALLATION = (AlertKind.SILENCE, AlertKind.BACKLOG, AlertKind.STORAGE)
Limits = Mapping[AlertKind, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From where on administrators are told of something."""

    kind: AlertKind
    limit: int | None  #: None: never
    is_own: bool  #: set for this organization; otherwise it is the installation's

    @property
    def label(self) -> str:
        """What it is called."""
        return KINDS[self.kind][0]

    @property
    def unit(self) -> str:
        """What is counted."""
        return KINDS[self.kind][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that administrators were told of."""

    id: UUID
    kind: AlertKind
    found: str  #: what it was when it began, in words
    opened_at: datetime
    closed_at: datetime | None  #: None: it is not over


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Thresholds, and what was told lately, the newest first."""

    thresholds: tuple[Threshold, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an organization stands, or the installation, where the id is nil."""

    organization_id: UUID
    organization: str
    ended: int  #: runs of the last hour
    failed: int
    waiting_since: datetime | None
    stored_bytes: int
    most_bytes: int | None  #: None: no limit
    limits: dict[AlertKind, int | None]  #: its own
    open_kinds: frozenset[AlertKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A figure to compare with its threshold, and how it is said."""

    kind: AlertKind
    value: float
    words: str
    counts: bool = True  #: False: too little happened to say that it is bad

    def begins(self, limit: int | None) -> bool:
        """Whether administrators are to be told."""
        return limit is not None and self.counts and self.value >= limit

    def is_over(self, limit: int | None) -> bool:
        """Whether an incident has come to its end."""
        return limit is None or self.value < limit * _CLEARLY_BELOW


def readings_of(standing: Standing, now: datetime) -> tuple[Reading, ...]:
    """Return the figures of an organization."""
    share = 100 * standing.failed / standing.ended if standing.ended else 0.0
    used = 100 * standing.stored_bytes / standing.most_bytes if standing.most_bytes else 0.0
    return (
        Reading(
            kind=AlertKind.FAILURES,
            value=share,
            words=f"{standing.failed} of {standing.ended} runs of the last hour failed, or did not reach everybody.",
            counts=standing.failed >= LEAST_FAILED,
        ),
        backlog_of(standing, now),
        Reading(
            kind=AlertKind.STORAGE,
            value=used,
            words=f"Kept files take {used:.0f} % of what the organization may keep.",
        ),
    )


def backlog_of(standing: Standing, now: datetime) -> Reading:
    """Return how long the oldest run waits."""
    waits = max(now - standing.waiting_since, timedelta(0)) if standing.waiting_since else timedelta(0)
    return Reading(
        kind=AlertKind.BACKLOG,
        value=waits / timedelta(minutes=1),
        words=f"A run has been waiting for {minutes_words(waits)} to be worked on.",
    )


def silence_of(silence: timedelta) -> Reading:
    """Return how long nothing was heard of any daemon."""
    return Reading(
        kind=AlertKind.SILENCE,
        value=silence / timedelta(minutes=1),
        words=f"For {minutes_words(silence)} nothing has made or sent reports: no daemon runs, or none answers.",
    )


def disk_of(used_bytes: int, all_bytes: int) -> Reading:
    """Return how full the disk is."""
    used = 100 * used_bytes / all_bytes
    return Reading(kind=AlertKind.STORAGE, value=used, words=f"The disk of the data folder is {used:.0f} % full.")


def defaults_of(kinds: tuple[AlertKind, ...]) -> dict[AlertKind, int | None]:
    """Return the thresholds where nobody set any."""
    return {kind: KINDS[kind][2] for kind in kinds}


def check_limit(kind: AlertKind, value: int | None, *, kinds: tuple[AlertKind, ...]) -> int | None:
    """Return a threshold that can be one; raises InvalidInput with the place."""
    label, unit, _, most = KINDS[kind]
    if kind not in kinds:
        raise InvalidInput(f"{label}: this is told to those who look after the installation.", place=str(kind))
    if value is not None and not 1 <= value <= most:
        raise InvalidInput(f"{label}: give a whole number from 1 to {most:,} {unit}, or none.", place=str(kind))
    return value


def minutes_words(span: timedelta) -> str:
    """Return a span: "12 minutes", "3 h 20 min"."""
    minutes = int(span / timedelta(minutes=1))
    if minutes < 60:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes // 60:,} h {minutes % 60} min"
