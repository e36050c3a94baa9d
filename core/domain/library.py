"""The library that reports stand in: folders, tags, favourites, who may see and change what, and what is found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from core.domain.run import RunState

MAX_FOLDER_DEPTH = 4
MAX_TAGS = 20


class Visibility(StrEnum):
    """For whom a report or a dashboard exists at all."""

    PRIVATE = "private"  #: for its owner
    SHARED = "shared"  #: for its owner and those it is shared with
    ORGANIZATION = "organization"  #: for everybody in the organization


class Level(StrEnum):
    """What somebody may do with a report that is not theirs. A role that may not change reports never does."""

    VIEW = "view"  #: open, download and schedule it, as far as the role allows
    EDIT = "edit"  #: save versions, rename, move, tag and archive it too


class Action(StrEnum):
    """What is done to a report."""

    VIEW = "view"
    EDIT = "edit"
    SHARE = "share"  #: say who may see and change it, give it to somebody else, delete it


class Shared(Protocol):
    """What the policy asks of a thing that can be shared."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def owner_id(self) -> UUID:
        """Whose it is."""

    @property
    def owner_name(self) -> str:
        """What its owner is called."""

    @property
    def visibility(self) -> Visibility:
        """For whom it exists."""

    @property
    def everyone(self) -> Level:
        """What everybody may do with it where it is for the whole organization."""

    @property
    def granted(self) -> Level | None:
        """The most that it is shared with the person who asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedThing:
    """A report or a dashboard as far as the policy asks for it."""

    id: UUID
    name: str
    owner_id: UUID
    owner_name: str
    visibility: Visibility
    everyone: Level
    granted: Level | None


class GrantKind(StrEnum):
    """Whom a report is shared with."""

    USER = "user"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a person, or every member of a group, may do with a report."""

    kind: GrantKind
    id: UUID
    level: Level
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Who may see and change a report. Grants count unless it is private."""

    visibility: Visibility = Visibility.ORGANIZATION
    everyone: Level = Level.EDIT
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder with the names of those it lies in."""

    id: UUID
    parent_id: UUID | None
    name: str
    path: tuple[str, ...]  #: its own name last
    reports: int = 0  #: in it, as far as the person who asks may see them

    @property
    def label(self) -> str:
        """Its path as one text."""
        return " / ".join(self.path)


class ReportSort(StrEnum):
    """How the list of reports is ordered."""

    CHANGED = "changed"  #: the newest change first
    NAME = "name"
    OWNER = "owner"
    NEXT_RUN = "next_run"  #: the soonest first, those without one last
    LAST_RUN = "last_run"  #: the newest result first


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """Which reports a list shows; None and False leave none out."""

    search: str = ""
    folder_id: UUID | None = None  #: with the folders in it
    tag: str | None = None
    owner_id: UUID | None = None
    is_favourite: bool = False
    is_archived: bool = False  #: those in the archive instead of the others
    sort: ReportSort = ReportSort.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """A report as a list shows it."""

    id: UUID
    name: str
    description: str
    owner_id: UUID
    owner_name: str
    version: int
    updated_at: datetime
    archived_at: datetime | None
    visibility: Visibility
    everyone: Level
    granted: Level | None
    folder_id: UUID | None
    tags: tuple[str, ...]
    is_favourite: bool
    schedules: int  #: how many send it, paused ones included
    schedule_id: UUID | None  #: the one that runs next
    next_run_at: datetime | None
    last_run_id: UUID | None
    last_status: str | None
    last_run_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something to filter by: a person or a tag, and how many reports it has."""

    key: str
    label: str
    reports: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """What the list can be narrowed to."""

    folders: tuple[Folder, ...]
    tags: tuple[Choice, ...]
    owners: tuple[Choice, ...]  #: by id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUses:
    """What uses a report."""

    schedules: tuple[str, ...]
    active_schedules: tuple[str, ...]  #: those that are not paused
    dashboards: tuple[str, ...]


class FoundKind(StrEnum):
    """What a search finds."""

    REPORT = "report"
    DATASET = "dataset"
    DASHBOARD = "dashboard"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing found, with why where its name does not say so."""

    kind: FoundKind
    id: UUID
    name: str
    because: str  #: where it was found: tag, folder, about, field or report; empty where its name says it


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRun:
    """A run in a line."""

    id: UUID
    title: str
    state: RunState
    schedule_id: UUID | None
    created_at: datetime
    formats: tuple[str, ...]
    words: str | None  #: why it failed or waits
