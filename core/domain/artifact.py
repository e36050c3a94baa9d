"""Artifacts: produced files with their checksum and manifest."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


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
class Manifest:
    """What a file is, so that it can be proved later."""

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

    @property
    def removed_in_words(self) -> str | None:
        """What to say instead of handing the file out; None while it is there."""
        if self.deleted_at is None:
            return None
        days = (self.deleted_at - self.created_at).days
        return f"The file was removed after {days} {'day' if days == 1 else 'days'}."
