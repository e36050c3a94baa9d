"""How an installation or one organization is doing: what waits, works, fails, is slow and costs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.errors import InvalidInput

#: Days that may be looked back on.
SPANS_DAYS = (1, 7, 30, 90)


class Scope(StrEnum):
    """Whose figures they are."""

    ORGANIZATION = "organization"  #: the caller's
    INSTALLATION = "installation"  #: all organizations together


class Part(StrEnum):
    """What may be asked for by itself; reports are a matter of seconds where there are many runs."""

    NOW = "now"  #: queue, daemons, failing schedules
    REPORTS = "reports"  #: slow and costly ones
    FILES = "files"  #: kept ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What has not ended."""

    runs: dict[str, int] = field(default_factory=dict)  #: by state
    deliveries: dict[str, int] = field(default_factory=dict)  #: by state
    waiting_since: datetime | None = None  #: when the run was made that waits longest for a worker

    @property
    def depth(self) -> int:
        """Runs that nobody works on yet."""
        return self.runs.get("pending", 0) + self.runs.get("waiting", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A process that makes and sends reports."""

    host: str  #: empty where the caller does not look after the installation
    process_id: int | None
    started_at: datetime
    seen_at: datetime
    is_silent: bool  #: it has not been heard of for too long


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingSchedule:
    """A schedule whose newest runs failed."""

    schedule_id: UUID
    organization_id: UUID
    organization: str
    name: str
    failing_since: datetime
    failures: int  #: since then
    last_run_id: UUID | None  #: null where the run is not kept any more
    last_failed_at: datetime | None
    reason: str | None  #: of the last one; null for other organizations


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCost:
    """What a report took in a span of days."""

    report_id: UUID | None  #: null for what was never saved, and for dashboards
    organization_id: UUID
    organization: str
    title: str
    runs: int
    p50_s: float | None  #: seconds that half of its runs took at most
    p95_s: float | None
    query_s: float  #: seconds that its source worked
    rows_made: int
    bytes_made: int  #: of its files, also of those that are not kept any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Kept files of one format."""

    organization_id: UUID
    organization: str
    store: str
    format: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What was asked for, as of one moment; the rest is empty."""

    scope: Scope
    at: datetime
    days: int  #: that slow and costly reports are looked for in
    queue: Queue = field(default_factory=Queue)
    workers: int = 0  #: runs that the living daemons can work on at the same time
    daemons: tuple[Daemon, ...] = ()
    failing: tuple[FailingSchedule, ...] = ()
    slow: tuple[ReportCost, ...] = ()
    costly: tuple[ReportCost, ...] = ()
    stored: tuple[Stored, ...] = ()

    @property
    def waits(self) -> timedelta | None:
        """How long the oldest run has been waiting; None where none waits."""
        since = self.queue.waiting_since
        return None if since is None else max(self.at - since, timedelta(0))


def check_span(days: int) -> int:
    """Return a number of days that may be looked back on; raises InvalidInput."""
    if days not in SPANS_DAYS:
        raise InvalidInput(f"Look back {', '.join(map(str, SPANS_DAYS[:-1]))} or {SPANS_DAYS[-1]} days.", place="days")
    return days
