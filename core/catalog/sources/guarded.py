"""What every connector is wrapped in: a connection limit and a circuit breaker; one connector a source and process."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pyarrow as pa
from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement

from core.catalog.sources.breaker import Breaker, Trial
from core.catalog.sources.connector import CompiledQuery, Connector, CsvQuestion, Snapshot, TableDraft, WritesCsv
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import Clock
from core.domain.csv_options import CsvChunk, CsvLines
from core.domain.dataset import Source
from core.domain.relation import TableOrigin
from core.errors import SourceBusy
from core.settings import Settings

#: Snapshots open at a time, of one source in one process, where its connection does not say otherwise.
DEFAULT_LIMIT = 4
_HIGHEST_LIMIT = 64
#: The connection field that says otherwise; kinds that have it name it so.
LIMIT_FIELD = "max_connections"
#: Longest wait for one of them.
WAIT_S = 20.0
#: A connector that nobody asked for this long lets go of its connections.
IDLE = timedelta(minutes=15)

_Part = TypeVar("_Part", pa.RecordBatch, CsvChunk)


class GuardedSnapshot:
    """A snapshot that tells the circuit breaker how its source does."""

    def __init__(self, snapshot: Snapshot, trial: Trial) -> None:
        self._snapshot = snapshot
        self._trial = trial

    @property
    def as_of(self) -> datetime:
        """When the state was taken."""
        return self._snapshot.as_of

    def row_key(self, table: TableOrigin) -> str | None:
        """The hidden column that numbers the rows."""
        with self._trial.watching():
            return self._snapshot.row_key(table)

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        """Run a query with a small result."""
        with self._trial.watching():
            table = self._snapshot.fetch(statement)
        self._trial.answered()
        return table

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        """Run a query and hand out its rows as they come."""
        yield from self._watched(self._snapshot.stream(statement))

    def csv(self, question: CsvQuestion) -> CsvLines | None:
        """The rows as lines of CSV, where the source can."""
        if not isinstance(self._snapshot, WritesCsv):
            return None
        with self._trial.watching():
            lines = self._snapshot.csv(question)
        if lines is not None:
            lines.chunks = self._watched(lines.chunks)
        return lines

    def cancel(self) -> None:
        """Stop whatever runs."""
        self._snapshot.cancel()

    def _watched(self, parts: Generator[_Part, None, None]) -> Generator[_Part, None, None]:
        with closing(parts):
            while True:
                with self._trial.watching():
                    part = next(parts, None)
                if part is None:
                    return
                self._trial.answered()
                yield part


class GuardedConnector:
    """A connector of which only so many snapshots are open at a time, and none while its source is dead."""

    def __init__(
        self, connector: Connector, *, name: str, clock: Clock, limit: int = DEFAULT_LIMIT, wait_s: float = WAIT_S
    ) -> None:
        self._connector = connector
        self._name = name
        self._limit = limit
        self._wait_s = wait_s
        self._places = threading.BoundedSemaphore(limit)
        self._breaker = Breaker(name=name, clock=clock)
        self._functions: SqlFunctions | None = None

    @property
    def dialect(self) -> Dialect:
        """The dialect of the source."""
        return self._connector.dialect

    @property
    def functions(self) -> SqlFunctions:
        """The engine's own SQL; some sources are asked for it once. Raises SourceBusy and SourceUnavailable."""
        if self._functions is None:
            self._breaker.check()
            with self._place(self._wait_s), self._breaker.trial() as trial, trial.watching():
                self._functions = self._connector.functions
        return self._functions

    @property
    def has_snapshot(self) -> bool:
        """Whether all queries of a snapshot see one state."""
        return self._connector.has_snapshot

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[GuardedSnapshot]:
        """Wait for a place, then open a state. Raises SourceBusy, and SourceUnavailable while the circuit is open."""
        self._breaker.check()  # who may not ask does not queue either
        with self._place(min(self._wait_s, deadline_s)), self._breaker.trial() as trial, ExitStack() as stack:
            with trial.watching():
                snapshot = stack.enter_context(self._connector.snapshot(deadline_s=deadline_s))
            yield GuardedSnapshot(snapshot, trial)

    def test(self) -> None:
        """Raise SourceUnavailable saying what is wrong now, whatever the circuit says."""
        with self._place(self._wait_s), self._breaker.trial(is_forced=True) as trial:
            with trial.watching():
                self._connector.test()
            trial.answered()

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        """Every table and view, or only `table`."""
        self._breaker.check()
        with self._place(self._wait_s), self._breaker.trial() as trial:
            with trial.watching():
                drafts = self._connector.introspect(table)
            trial.answered()
            return drafts

    def close(self) -> None:
        """Let go of idle connections."""
        self._connector.close()

    @contextmanager
    def _place(self, wait_s: float) -> Iterator[None]:
        if not self._places.acquire(timeout=wait_s):
            raise SourceBusy(
                f"All {self._limit} connections of the source '{self._name}' are in use. Try again in a moment."
            )
        try:
            yield
        finally:
            self._places.release()


def limit_of(connection: Mapping[str, str | int | bool]) -> int:
    """How many snapshots a source allows at a time."""
    given = connection.get(LIMIT_FIELD)
    if not isinstance(given, int) or isinstance(given, bool):
        return DEFAULT_LIMIT
    return min(max(given, 1), _HIGHEST_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """All that a connector is made of; where any of it changes, the old one is of no use."""

    source: Source
    secrets: Mapping[str, str] = field(repr=False)
    settings: Settings
    clock: Clock


@dataclass(slots=True, kw_only=True)
class _Kept:
    opening: Opening
    connector: GuardedConnector
    used_at: datetime


class OpenSources:
    """One connector for each source in this process, so that its limit and its circuit hold for everybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[UUID, _Kept] = {}

    def get(self, opening: Opening, make: Callable[[Opening], Connector]) -> GuardedConnector:
        """Return the source's connector; one of an older version, or that nobody asked for a while, is closed."""
        source, now = opening.source, opening.clock.now()
        with self._lock:
            kept = self._kept.get(source.id)
            old = [] if kept is None or kept.opening == opening else [self._kept.pop(source.id)]
            old += [self._kept.pop(id) for id in self._idle(now) if id != source.id]  # noqa: A001
            kept = self._kept.get(source.id)
            if kept is None:
                guarded = GuardedConnector(
                    make(opening), name=source.name, clock=opening.clock, limit=limit_of(source.connection)
                )
                kept = self._kept[source.id] = _Kept(opening=opening, connector=guarded, used_at=now)
            kept.used_at = now
        for gone in old:
            gone.connector.close()
        return kept.connector

    def close(self) -> None:
        """Let go of every source."""
        with self._lock:
            kept = list(self._kept.values())
            self._kept.clear()
        for entry in kept:
            entry.connector.close()

    def _idle(self, now: datetime) -> list[UUID]:
        return [id for id, kept in self._kept.items() if now - kept.used_at > IDLE]  # noqa: A001


#: The process's connectors.
OPEN_SOURCES = OpenSources()
