"""What people do with the catalog: drafts of sources, what a test or a check found, who uses what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pyarrow as pa

from core.domain.result import ResultColumn

#: The kind of the source that shows a workspace its own doings; the product keeps it and its datasets.
WORKSPACE_KIND = "workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """A source as a person fills it in. On a save, secrets that are not given stay as they are."""

    name: str
    kind: str
    connection: Mapping[str, object]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTest:
    """Whether a source answers; `message` says what is wrong where it does not."""

    is_ok: bool
    message: str
    elapsed_s: float
    server: str = ""  #: what answered, as in "PostgreSQL, 12 tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that does not fit: where, as in `fields[3].expression`, and what in plain words."""

    place: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSample:
    """Some rows with what their columns are; `columns` are the table's, in order."""

    columns: tuple[ResultColumn, ...]
    table: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUse:
    """A report that uses a dataset."""

    id: UUID
    name: str
    owner: str
    fields: tuple[str, ...]  #: names of the dataset's fields that it uses, directly or through others


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleUse:
    """A schedule that sends a report which uses a dataset."""

    id: UUID
    name: str
    report_id: UUID
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What stands on a dataset, or on one of its fields."""

    reports: tuple[ReportUse, ...]
    schedules: tuple[ScheduleUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDrift:
    """A column that is not what the dataset takes it for."""

    column: str
    table: str  #: the table it belongs to, as people read it
    was: str  #: the type it had
    is_now: str | None = None  #: the type it has; None: it is gone
    fields: tuple[str, ...] = ()  #: names of the dataset's fields that stand on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How a dataset's source differs from what the dataset was made of."""

    missing: tuple[ColumnDrift, ...] = ()
    changed: tuple[ColumnDrift, ...] = ()
    added: tuple[str, ...] = ()  #: columns of the base table that the dataset does not know yet

    @property
    def broken_fields(self) -> tuple[str, ...]:
        """Names of the fields that cannot be answered any more."""
        return tuple(dict.fromkeys(name for column in self.missing for name in column.fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A field that is gone from under a report."""

    report_id: UUID
    field: str
    found_at: datetime
    told_at: datetime | None
