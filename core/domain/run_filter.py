"""Which runs somebody wants to see, and in which order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.domain.run import RunKind, RunState


class RunSort(StrEnum):
    """The order of a list of runs; a minus in front turns it round."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    LATEST_SLOT = "-logical_at"
    EARLIEST_SLOT = "logical_at"
    LONGEST = "-duration"
    SHORTEST = "duration"
    MOST_ROWS = "-rows"
    FEWEST_ROWS = "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """What is asked for; None: whatever it is. Runs were made at `since` or later, and before `until`."""

    schedule_id: UUID | None = None
    report_id: UUID | None = None
    dashboard_id: UUID | None = None
    state: RunState | None = None
    kind: RunKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: RunSort = RunSort.NEWEST
