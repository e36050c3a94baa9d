"""Artifacts: produced files with their checksum and manifest."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

#: What made a file, as each says of itself.
GENERATOR = "Broadsheet 0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What a renderer says of the file it wrote: its rows and, per column label, how many cells it altered and why."""

    rows: int
    altered: dict[str, dict[str, int]] = field(default_factory=dict)  #: {"Note": {"cut to 32,767 characters": 2}}
    notes: tuple[str, ...] = ()  #: sentences for people: "The chart is missing: no browser was found."


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalLine:
    """A total as the manifest tells it: what it is over, and each column's value by key, exact numbers as text."""

    keys: tuple[str | None, ...]  #: none for the total over all rows
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitHit:
    """A limit that left something out."""

    name: str  #: "rows": the report's row limit
    limit: int
    left_out: int  #: how many it left out; at least so many where the manifest says `is_at_least`


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A file inside an archive, or behind a lock: as it is once that was opened."""

    file_name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a file is, so that it can be proved later. Its JSON is told in `docs/manifest.md`."""

    report_id: UUID | None
    report_version: int | None
    title: str
    filters_in_words: tuple[str, ...]
    period: str | None
    logical_at: datetime
    as_of: datetime
    rows_matched: int
    rows_delivered: int
    row_limit: int | None
    altered: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    definition_sha256: str
    generator: str
    sha256: str
    size_bytes: int
    totals: tuple[TotalLine, ...] = ()
    file_name: str = ""  #: "" in manifests from before it was recorded, as in the four below
    format: str = ""
    sentence: str = ""  #: the question in plain English
    organization: str = ""
    timezone: str = ""
    is_at_least: bool = False  #: `rows_matched` was not counted to the end
    is_snapshot: bool | None = None  #: whether all figures come from one state of the source; None: not recorded
    limits_hit: tuple[LimitHit, ...] = ()
    lock: str | None = None  #: "AES-256" where the file opens with a password only
    files: tuple[PackedFile, ...] = ()  #: what an archive holds, or what lies behind the lock


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A stored file as a list of runs shows it."""

    id: UUID
    format: str
    file_name: str
    size_bytes: int
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A stored file of a run."""

    id: UUID
    run_id: UUID
    format: str
    file_name: str
    media_type: str
    store: str
    storage_key: str
    sha256: str
    size_bytes: int
    manifest: Manifest
    created_at: datetime
    deleted_at: datetime | None = None  #: when the file was removed after its time; what it was stays known
    part_id: UUID | None = None  #: the part of the result that it holds; None: all of it

    @property
    def removed_in_words(self) -> str | None:
        """What to say instead of handing the file out; None while it is there."""
        if self.deleted_at is None:
            return None
        days = (self.deleted_at - self.created_at).days
        return f"The file was removed after {days} {'day' if days == 1 else 'days'}."
