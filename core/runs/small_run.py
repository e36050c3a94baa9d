"""A small run whose files are stored: what the ledger is to keep of it, and who may commit it with others."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from core.db.run_repository import LedgerRun
from core.domain.fingerprint import Fingerprint
from core.domain.schedule import Recipient
from core.runs.filing import Filed
from core.runs.result_record import ResultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallRun:
    """The ledger does not speak of its files yet."""

    run: LedgerRun
    record: ResultRecord
    fingerprint: Fingerprint | None
    filed: Filed
    query_s: float
    render_s: float
    commit_alone: Callable[["SmallRun"], None]  #: whatever hinders it becomes the state of the run
    tidy: Callable[[LedgerRun], None]  #: clears away what earlier attempts left, once it is committed


class Gathering(Protocol):
    """Commits and sends small runs a few at a time."""

    def takes(self, recipients: Sequence[Recipient]) -> bool:
        """Whether it sends to these."""
        ...

    def add(self, small: SmallRun) -> None:
        """Take a run; it is settled with others within a moment, at the latest by `drain`."""
        ...

    def drain(self) -> bool:
        """Settle all that was taken; returns whether there was anything to settle."""
        ...


def rounds_of(runs: Sequence[SmallRun]) -> Iterator[list[SmallRun]]:
    """What goes together: of a schedule one at a time, since the later one says what changed since the one before."""
    rounds: defaultdict[int, list[SmallRun]] = defaultdict(list)
    places: Counter[UUID] = Counter()
    for small in sorted(runs, key=lambda one: one.run.logical_at):
        of = small.run.schedule_id or small.run.id
        rounds[places[of]].append(small)
        places[of] += 1
    for together in rounds.values():
        yield sorted(together, key=lambda one: str(one.run.organization_id))
