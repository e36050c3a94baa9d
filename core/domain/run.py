"""Runs: one execution of a report version for one logical time, its states and their only transitions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from core.domain.artifact import Artifact, FileLine
from core.domain.definition import ReportDefinition
from core.domain.delivery import Delivery
from core.domain.file_options import FileOptions
from core.domain.terms import Terms


class RunKind(StrEnum):
    """Why a run exists; a slot is unique per schedule among SCHEDULED ones only."""

    SCHEDULED = "scheduled"  #: planned for a slot
    MANUAL = "manual"  #: "Send now": goes to the schedule's recipients
    TEST = "test"  #: goes to the caller only
    EXPORT = "export"  #: a download in one format; no schedule, no deliveries
    BACKFILL = "backfill"  #: a past slot made again

    @property
    def priority(self) -> int:
        """Higher ones are taken first: somebody waits for what was asked for by hand, nobody for the past."""
        return {RunKind.SCHEDULED: 10, RunKind.BACKFILL: 0}.get(self, 20)


class RunState(StrEnum):
    """Where a run stands; the API's execution status."""

    PENDING = "pending"  #: waiting for a worker
    WAITING = "waiting"  #: waiting for a retry or for fresh data
    RUNNING = "running"  #: a worker holds its lease
    HELD = "held"  #: waiting for its owner's approval
    COMPLETED = "completed"  #: data, files and every delivery succeeded
    PARTIAL = "partial"  #: files exist, some delivery failed
    FAILED = "failed"  #: no file
    CANCELLED = "cancelled"  #: a person stopped it
    SKIPPED = "skipped"  #: its condition said no
    MISSED = "missed"  #: its slot passed while nothing ran

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself; a person can still have a partial run completed."""
        return self in (
            RunState.COMPLETED,
            RunState.PARTIAL,
            RunState.FAILED,
            RunState.CANCELLED,
            RunState.SKIPPED,
            RunState.MISSED,
        )


class RunStep(StrEnum):
    """The last committed step; a crashed run resumes after it."""

    CREATED = "created"  #: nothing done yet
    QUERIED = "queried"  #: the result is spooled
    RENDERED = "rendered"  #: files stored, artifacts recorded
    DELIVERING = "delivering"  #: outbox rows created
    DONE = "done"  #: every delivery has ended


_S = RunState
#: The one transition table of runs: from -> allowed next states.
RUN_TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    _S.PENDING: frozenset({_S.RUNNING, _S.CANCELLED, _S.FAILED}),
    _S.WAITING: frozenset({_S.RUNNING, _S.CANCELLED, _S.FAILED, _S.SKIPPED}),
    _S.RUNNING: frozenset(
        {_S.RUNNING, _S.WAITING, _S.HELD, _S.COMPLETED, _S.PARTIAL, _S.FAILED, _S.CANCELLED, _S.SKIPPED}
    ),
    _S.HELD: frozenset({_S.PENDING, _S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.PARTIAL: frozenset({_S.COMPLETED}),  # a failed delivery was sent again and arrived
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.MISSED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write to a run: valid while `token` is the run's newest and `until` has not passed."""

    run_id: UUID
    organization_id: UUID
    token: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """One line of a run's timeline, in words for people."""

    at: datetime
    name: str
    message: str


class RunPhase(StrEnum):
    """What a worker does to a run at the moment."""

    READING = "reading"  #: rows come from the source
    WRITING = "writing"  #: a file is made of them


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is."""

    phase: RunPhase
    rows: int  #: so far
    rows_total: int | None  #: of how many; None: not known yet
    size_bytes: int = 0  #: written so far
    format: str | None = None  #: of the file being written
    at: datetime


def dump_progress(progress: RunProgress) -> dict[str, Any]:
    """The progress as JSON."""
    return {**asdict(progress), "at": progress.at.isoformat()}


def parse_progress(data: Mapping[str, Any]) -> RunProgress:
    """The progress behind stored JSON."""
    return RunProgress(**{**data, "phase": RunPhase(data["phase"]), "at": datetime.fromisoformat(data["at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as people and the API see it."""

    id: UUID
    organization_id: UUID
    kind: RunKind
    state: RunState
    step: RunStep
    schedule_id: UUID | None
    schedule_name: str | None
    report_id: UUID | None  #: None for the export of an unsaved draft
    title: str
    report_version: int | None
    definition: ReportDefinition  #: of a dashboard: what its filters ask for, and nothing else
    parameters: Mapping[str, Any]  #: values given for the definition's parameters, as JSON
    file_options: FileOptions
    requested_by: UUID | None  #: the person whose rows these are
    formats: tuple[str, ...]
    logical_at: datetime
    scheduled_for: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    rows_matched: int | None
    rows_delivered: int | None
    query_s: float | None
    render_s: float | None
    deliver_s: float | None
    error_code: str | None
    error_message: str | None
    dashboard_id: UUID | None = None  #: where a dashboard was made into files
    terms: Terms = Terms()
    fingerprint: Mapping[str, Any] | None = None  #: a small picture of its result
    held_because: str | None = None  #: why it waits for its owner's approval
    is_stale: bool = False  #: its data was older than its schedule wants
    waiting_for: str | None = None  #: why it is not worked on
    pinned_at: datetime | None = None  #: when a person said that its files stay
    progress: RunProgress | None = None  #: while it is worked on
    artifacts: tuple[Artifact, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    events: tuple[RunEvent, ...] = ()
    files: tuple[FileLine, ...] = ()  #: in lists, where `artifacts` stay out
    is_burst: bool = False  #: its recipients stood in the data: there may be thousands, so they have pages of their own
    delivery_counts: Mapping[str, int] = field(default_factory=dict)  #: by state, in lists
