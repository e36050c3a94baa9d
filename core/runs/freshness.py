"""How new the rows of a dataset are, against what a schedule wants."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.db.run_repository import LedgerRun
from core.domain.dataset import Dataset
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.moments import day_words, instant_words
from core.domain.result import CellValue
from core.domain.terms import Freshness
from core.query.executor import HeadFields, QueryExecutor
from core.runs.subjects import Subject

#: Between two looks at data that is too old: never shorter and never longer, else a share of the whole wait.
_SHORTEST_POLL, _LONGEST_POLL, _LOOKS = timedelta(minutes=5), timedelta(hours=1), 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest row of a dataset: until when its data reaches, and that in words. None: there is no row."""

    reaches: datetime | None
    words: str

    def is_fresh(self, wanted: Freshness, slot: datetime) -> bool:
        """Whether the data is young enough for a slot."""
        return self.reaches is not None and slot - self.reaches <= timedelta(seconds=wanted.max_age_s)


def newest_row(
    executor: QueryExecutor,
    subject: Subject,
    field: str,
    *,
    logical_at: datetime,
    deadline_s: float,
    should_stop: Callable[[], bool],
) -> Newest:
    """Ask for the newest value of a field over the whole dataset, as the run's person may see it.

    The filters and the period of the report do not count: what they leave out says that data came in, too. Where the
    dataset gives figures of enough rows only, the value decides and is not told: it is one row's.
    """
    timezone = subject.definition.timezone
    newest = Measure(aggregation=Aggregation.MAX, field=field, name="newest")
    asked = ReportDefinition(dataset_id=subject.dataset.id, measures=(newest,), timezone=timezone)
    dataset, is_kept_back = _with_single_rows(subject.dataset)
    with executor.run(
        asked,
        dataset,
        subject.source,
        head_fields=HeadFields(title="Newest row"),
        logical_at=logical_at,
        deadline_s=deadline_s,
        should_stop=should_stop,
    ) as result:
        values = [value for batch in result.batches for value in batch.column("newest").to_pylist()]
    found = _reached(values[0] if values else None, timezone)
    return replace(found, words="a data policy keeps from when its newest row is") if is_kept_back else found


def _with_single_rows(dataset: Dataset) -> tuple[Dataset, bool]:
    """The dataset as it gives the value of one row, and whether it does not do so by itself."""
    if dataset.sight is None or not dataset.sight.least_rows:
        return dataset, False
    return replace(dataset, sight=replace(dataset.sight, least_rows=0)), True


def next_look(run: LedgerRun, wanted: Freshness, now: datetime) -> datetime | None:
    """Return when to look again; None where the deadline has passed."""
    deadline = slot_of(run) + timedelta(seconds=wanted.deadline_s)
    if now >= deadline:
        return None
    poll = min(max(timedelta(seconds=wanted.deadline_s / _LOOKS), _SHORTEST_POLL), _LONGEST_POLL)
    return min(now + poll, deadline)


def slot_of(run: LedgerRun) -> datetime:
    """Return the moment a run stands for."""
    return run.scheduled_for or run.logical_at


def _reached(value: CellValue, timezone: str) -> Newest:
    """A day reaches to its end: what is dated 22 November is all of that day."""
    if isinstance(value, datetime):
        return Newest(reaches=value, words=f"newest row is of {instant_words(value, timezone)}")
    if isinstance(value, date):
        end = datetime.combine(value + timedelta(days=1), time(), ZoneInfo(timezone)) if value < date.max else None
        return Newest(reaches=end, words=f"newest row is of {day_words(value)}")
    return Newest(reaches=None, words="there are no rows yet")
