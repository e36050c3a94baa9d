import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
from sqlalchemy import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import ClauseElement

from core.catalog.sources import SOURCES, open_draft, open_source
from core.catalog.sources.breaker import FAILURES, WINDOW
from core.catalog.sources.connector import CompiledQuery, Snapshot, TableDraft
from core.catalog.sources.duckdb_sql import DuckDbFunctions
from core.catalog.sources.guarded import DEFAULT_LIMIT, IDLE, GuardedConnector, Opening, OpenSources, limit_of
from core.catalog.sources.idle import IdleLinks
from core.catalog.sources.network import logins_of
from core.catalog.sources.sql_functions import SqlFunctions
from core.clock import FixedClock
from core.domain.dataset import Source
from core.domain.relation import TableOrigin
from core.errors import (
    BroadsheetError,
    InvalidInput,
    QueryFailed,
    QueryTimedOut,
    RunCancelled,
    SourceBusy,
    SourceUnavailable,
)
from core.settings import Settings

QUERY = CompiledQuery(sql="SELECT 1")
TABLE = pa.table({"n": [1]})


class Scripted:
    """A connector and its snapshot; `error` is what every question ends with."""

    has_snapshot = True

    def __init__(self) -> None:
        self.error: BroadsheetError | None = None
        self.error_at_opening: BroadsheetError | None = None
        self.asked = 0
        self.closed = 0
        self.cancelled = 0

    @property
    def dialect(self) -> Dialect:
        return DefaultDialect()

    @property
    def functions(self) -> SqlFunctions:
        self.asked += 1
        self.fetch(QUERY)
        return DuckDbFunctions()

    @contextmanager
    def snapshot(self, *, deadline_s: float) -> Iterator[Snapshot]:
        self.asked += 1
        if self.error_at_opening is not None:
            raise self.error_at_opening
        yield self

    @property
    def as_of(self) -> datetime:
        raise NotImplementedError

    def row_key(self, table: TableOrigin) -> str | None:
        return "rowid"

    def fetch(self, statement: CompiledQuery | ClauseElement) -> pa.Table:
        if self.error is not None:
            raise self.error
        return TABLE

    def stream(self, statement: CompiledQuery | ClauseElement) -> Generator[pa.RecordBatch, None, None]:
        yield from self.fetch(statement).to_batches()

    def cancel(self) -> None:
        self.cancelled += 1

    def test(self) -> None:
        self.fetch(QUERY)

    def introspect(self, table: TableOrigin | None = None) -> tuple[TableDraft, ...]:
        self.fetch(QUERY)
        return ()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def guarded(scripted: Scripted, clock: FixedClock) -> GuardedConnector:
    return GuardedConnector(scripted, name="Shop", clock=clock, limit=2, wait_s=0)


def ask(guarded: GuardedConnector) -> pa.Table:
    with guarded.snapshot(deadline_s=60) as snapshot:
        return snapshot.fetch(QUERY)


def fail(guarded: GuardedConnector, scripted: Scripted, *, times: int = FAILURES) -> None:
    scripted.error_at_opening = SourceUnavailable("down")
    for _ in range(times):
        with pytest.raises(SourceUnavailable, match=r"^down$"):
            ask(guarded)
    scripted.error_at_opening = None


def test_it_hands_through_what_the_source_says(guarded: GuardedConnector, scripted: Scripted) -> None:
    with guarded.snapshot(deadline_s=60) as snapshot:
        assert snapshot.fetch(QUERY) is TABLE
        assert [batch.num_rows for batch in snapshot.stream(QUERY)] == [1]
        assert snapshot.row_key(TableOrigin(table_name="t")) == "rowid"
        snapshot.cancel()
    assert guarded.introspect() == ()
    assert guarded.has_snapshot
    guarded.close()
    assert (scripted.cancelled, scripted.closed) == (1, 1)


def test_a_dead_source_is_not_asked_what_it_is_either(guarded: GuardedConnector, scripted: Scripted) -> None:
    scripted.error = SourceUnavailable("down")
    for _ in range(FAILURES):
        with pytest.raises(SourceUnavailable, match=r"^down$"):
            _ = guarded.functions
    asked = scripted.asked
    with pytest.raises(SourceUnavailable, match="has not answered since"):
        _ = guarded.functions
    assert scripted.asked == asked


def test_a_source_is_asked_once_what_it_is_and_within_its_limit(guarded: GuardedConnector, scripted: Scripted) -> None:
    with guarded.snapshot(deadline_s=60), guarded.snapshot(deadline_s=60), pytest.raises(SourceBusy):
        _ = guarded.functions
    asked = scripted.asked
    assert guarded.functions is guarded.functions
    assert scripted.asked == asked + 1


def test_secrets_are_in_no_representation(clock: FixedClock) -> None:
    source = Source(id=uuid4(), organization_id=uuid4(), name="Shop", kind="mysql", connection={"host": "h"})
    secrets = {"password": "hunter2"}
    opening = Opening(source=source, secrets=secrets, settings=Settings(), clock=clock)
    assert "hunter2" not in repr(opening) + repr(logins_of({"host": "h"}, secrets, port=1))


def test_what_is_given_back_to_somebody_who_was_closed_is_ended() -> None:
    ended: list[str] = []
    links = IdleLinks(ended.append)
    links.give("early")
    links.close()
    links.give("late")
    assert ended == ["early", "late"]
    assert links.take() is None


def test_only_so_many_snapshots_are_open_at_a_time(guarded: GuardedConnector) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(guarded.snapshot(deadline_s=60))
        with pytest.raises(SourceBusy, match="All 2 connections of the source 'Shop' are in use"):
            ask(guarded)
        with pytest.raises(SourceBusy):
            guarded.test()
        with pytest.raises(SourceBusy):
            guarded.introspect()
    assert ask(guarded) is TABLE


def test_who_waits_gets_the_place_that_another_one_leaves(scripted: Scripted, clock: FixedClock) -> None:
    guarded = GuardedConnector(scripted, name="Shop", clock=clock, limit=1, wait_s=30)
    answers = []
    with guarded.snapshot(deadline_s=60):
        waiting = threading.Thread(target=lambda: answers.append(ask(guarded)))
        waiting.start()
        assert scripted.asked == 1
    waiting.join(30)
    assert answers == [TABLE]


def test_a_place_is_given_back_whatever_happens(guarded: GuardedConnector, scripted: Scripted) -> None:
    for error in (QueryFailed(), RunCancelled(), SourceBusy()):
        scripted.error = error
        for _ in range(3):
            with pytest.raises(type(error)):
                ask(guarded)
    scripted.error = None
    assert ask(guarded) is TABLE


def test_a_source_that_fails_again_and_again_is_left_alone(
    guarded: GuardedConnector, scripted: Scripted, clock: FixedClock
) -> None:
    fail(guarded, scripted, times=FAILURES - 1)
    clock.advance(timedelta(seconds=7))
    fail(guarded, scripted, times=1)
    asked = scripted.asked
    with pytest.raises(SourceUnavailable) as caught:
        ask(guarded)
    assert caught.value.user_message == (
        "The source 'Shop' has not answered since 23 Nov 09:00:00 UTC; next try at 23 Nov 09:00:37 UTC."
    )
    with pytest.raises(SourceUnavailable, match="next try"):
        guarded.introspect()
    assert scripted.asked == asked


@pytest.mark.parametrize("error", [SourceUnavailable("down"), QueryTimedOut("late")])
def test_timeouts_count_like_failures(guarded: GuardedConnector, scripted: Scripted, error: BroadsheetError) -> None:
    scripted.error = error
    for _ in range(FAILURES):
        with pytest.raises(type(error), match=error.user_message):
            ask(guarded)
    with pytest.raises(SourceUnavailable, match="next try"):
        ask(guarded)


@pytest.mark.parametrize("error", [QueryFailed("no"), RunCancelled(), SourceBusy("full"), InvalidInput("what")])
def test_what_is_no_silence_does_not_count(
    guarded: GuardedConnector, scripted: Scripted, error: BroadsheetError
) -> None:
    scripted.error = error
    for _ in range(FAILURES * 2):
        with pytest.raises(type(error)):
            ask(guarded)


def test_an_answer_between_begins_the_count_anew(guarded: GuardedConnector, scripted: Scripted) -> None:
    for _ in range(3):
        fail(guarded, scripted, times=FAILURES - 1)
        assert ask(guarded) is TABLE
    fail(guarded, scripted, times=FAILURES - 1)
    scripted.error = QueryFailed()
    with pytest.raises(QueryFailed):
        ask(guarded)
    scripted.error = None
    fail(guarded, scripted, times=FAILURES - 1)
    assert ask(guarded) is TABLE


def test_a_snapshot_that_answered_once_is_no_sign_of_a_dead_source(
    guarded: GuardedConnector, scripted: Scripted
) -> None:
    for _ in range(FAILURES * 2):
        with guarded.snapshot(deadline_s=60) as snapshot:
            snapshot.fetch(QUERY)
            scripted.error = QueryTimedOut()
            with pytest.raises(QueryTimedOut):
                snapshot.fetch(QUERY)
            scripted.error = None


def test_failures_far_apart_do_not_add_up(guarded: GuardedConnector, scripted: Scripted, clock: FixedClock) -> None:
    for _ in range(FAILURES * 2):
        fail(guarded, scripted, times=1)
        clock.advance(WINDOW + timedelta(seconds=1))
    assert ask(guarded) is TABLE


def test_after_the_pause_one_tries_for_all(guarded: GuardedConnector, scripted: Scripted, clock: FixedClock) -> None:
    fail(guarded, scripted)
    clock.advance(timedelta(seconds=30))
    with guarded.snapshot(deadline_s=60) as snapshot:
        with pytest.raises(SourceUnavailable, match="next try at 23 Nov 09:00:30 UTC"):
            ask(guarded)
        snapshot.fetch(QUERY)
        assert ask(guarded) is TABLE
    assert ask(guarded) is TABLE


def test_a_stream_tries_for_all_too(guarded: GuardedConnector, scripted: Scripted, clock: FixedClock) -> None:
    fail(guarded, scripted)
    clock.advance(timedelta(seconds=30))
    with guarded.snapshot(deadline_s=60) as snapshot, closing(snapshot.stream(QUERY)) as batches:
        assert next(batches).num_rows == 1
        assert ask(guarded) is TABLE


def test_each_failed_try_doubles_the_pause_up_to_five_minutes(
    guarded: GuardedConnector, scripted: Scripted, clock: FixedClock
) -> None:
    fail(guarded, scripted)
    for pause_s in (30, 60, 120, 240, 300, 300):
        clock.advance(timedelta(seconds=pause_s - 1))
        with pytest.raises(SourceUnavailable, match="since 23 Nov 09:00:00 UTC; next try"):
            ask(guarded)
        clock.advance(timedelta(seconds=1))
        fail(guarded, scripted, times=1)
    clock.advance(timedelta(minutes=5))
    assert ask(guarded) is TABLE
    fail(guarded, scripted)
    clock.advance(timedelta(seconds=30))
    assert ask(guarded) is TABLE


def test_a_try_that_finds_nothing_out_leaves_it_to_the_next(
    guarded: GuardedConnector, scripted: Scripted, clock: FixedClock
) -> None:
    fail(guarded, scripted)
    clock.advance(timedelta(seconds=30))
    scripted.error = RunCancelled()
    with pytest.raises(RunCancelled):
        ask(guarded)
    scripted.error = None
    assert ask(guarded) is TABLE


def test_the_connection_test_asks_whatever_the_circuit_says(guarded: GuardedConnector, scripted: Scripted) -> None:
    fail(guarded, scripted)
    scripted.error = SourceUnavailable("still down")
    with pytest.raises(SourceUnavailable, match="still down"):
        guarded.test()
    scripted.error = None
    guarded.test()
    assert ask(guarded) is TABLE


def test_threads_keep_to_the_limit_and_open_the_circuit_once(clock: FixedClock) -> None:
    open_now, most = 0, 0
    lock = threading.Lock()

    class Counting(Scripted):
        @contextmanager
        def snapshot(self, *, deadline_s: float) -> Iterator[Snapshot]:
            nonlocal open_now, most
            with lock:
                open_now += 1
                most = max(most, open_now)
            try:
                yield self
            finally:
                with lock:
                    open_now -= 1

    guarded = GuardedConnector(Counting(), name="Shop", clock=clock, limit=3, wait_s=30)
    threads = [threading.Thread(target=lambda: [ask(guarded) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert 1 <= most <= 3
    assert open_now == 0


# --- one connector a source and process ---


@pytest.fixture
def opening(clock: FixedClock, tmp_path: Path) -> Opening:
    source = Source(id=uuid4(), organization_id=uuid4(), name="Shop", kind="duckdb", connection={"path": "a.duckdb"})
    return Opening(source=source, secrets={}, settings=Settings(data_dir=tmp_path), clock=clock)


@pytest.fixture
def made() -> list[Scripted]:
    return []


@pytest.fixture
def make(made: list[Scripted]) -> Callable[[Opening], Scripted]:
    def make(_opening: Opening) -> Scripted:
        made.append(Scripted())
        return made[-1]

    return make


Make = Callable[[Opening], Scripted]


def test_a_source_has_one_connector(opening: Opening, make: Make, made: list[Scripted]) -> None:
    sources = OpenSources()
    assert sources.get(opening, make) is sources.get(replace(opening), make)
    assert len(made) == 1
    sources.close()
    assert made[0].closed == 1


@pytest.mark.parametrize(
    "changes",
    [{"version": 2}, {"connection": {"path": "b.duckdb"}}, {"kind": "file"}, {"secrets": {"password": "new"}}],
)
def test_a_changed_source_has_a_new_one_and_the_old_one_is_closed(
    opening: Opening, make: Make, made: list[Scripted], changes: dict[str, object]
) -> None:
    sources = OpenSources()
    first = sources.get(opening, make)
    secrets = changes.pop("secrets", {})
    changed = replace(opening, source=replace(opening.source, **changes), secrets=secrets)  # type: ignore[arg-type]
    second = sources.get(changed, make)
    assert second is not first
    assert [each.closed for each in made] == [1, 0]
    assert sources.get(changed, make) is second


def test_what_nobody_asks_for_lets_go_of_its_connections(
    opening: Opening, make: Make, made: list[Scripted], clock: FixedClock
) -> None:
    sources = OpenSources()
    other = replace(opening, source=replace(opening.source, id=uuid4()))
    sources.get(opening, make)
    clock.advance(IDLE - timedelta(seconds=1))
    sources.get(other, make)
    assert [each.closed for each in made] == [0, 0]
    clock.advance(timedelta(seconds=2))
    sources.get(other, make)
    assert [each.closed for each in made] == [1, 0]


@pytest.mark.parametrize(
    ("given", "limit"), [({}, DEFAULT_LIMIT), ({"max_connections": 9}, 9), ({"max_connections": 0}, 1)]
)
def test_the_connection_may_say_the_limit(given: dict[str, str | int | bool], limit: int) -> None:
    assert limit_of(given) == limit


def test_the_registry_opens_guarded_connectors_and_drafts_apart(opening: Opening) -> None:
    opened = open_source(opening.source, {}, opening.settings, opening.clock)
    assert isinstance(opened, GuardedConnector)
    assert open_source(opening.source, {}, opening.settings, opening.clock) is opened
    assert not isinstance(open_draft(opening.source, {}, opening.settings, opening.clock), GuardedConnector)


def test_the_registry_names_an_unknown_kind_and_a_gap(opening: Opening) -> None:
    with pytest.raises(InvalidInput, match="kind of source called 'oracle'") as caught:
        open_source(replace(opening.source, kind="oracle"), {}, opening.settings)
    assert caught.value.place == "kind"
    with pytest.raises(InvalidInput, match="needs a path"):
        open_source(replace(opening.source, connection={}), {}, opening.settings)
    assert "duckdb" in SOURCES
