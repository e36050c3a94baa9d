"""Rows counted on their way: how far a reading is, and that it ends where the guard says so."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from core.clock import FixedClock
from core.domain.csv_options import CsvChunk, CsvLines, CsvOptions
from core.domain.run import RunPhase, RunProgress
from core.errors import LeaseLost
from core.runs.guard import Guard
from core.runs.progress import CountedBatches, CountedCsv, watched_reading
from tests.unit.test_run_rendering import result_of


@pytest.fixture
def told() -> list[RunProgress]:
    return []


@pytest.fixture
def guard(clock: FixedClock, told: list[RunProgress]) -> Guard:
    return Guard(
        lambda: (clock.now() + timedelta(minutes=1), None),
        clock=clock,
        lease_until=clock.now() + timedelta(minutes=1),
        deadline=clock.now() + timedelta(minutes=30),
        every_s=3600,
        name="test",
        tell=told.append,
    )


def test_batches_tell_what_has_passed_each_time_anew() -> None:
    seen: list[tuple[int, int]] = []
    one, two = pa.record_batch({"n": pa.array([1, 2], pa.int64())}), pa.record_batch({"n": pa.array([3], pa.int64())})
    batches = CountedBatches([one, two], lambda rows, size: seen.append((rows, size)))
    assert [list(batches), list(batches)] == [[one, two]] * 2
    assert seen == [(0, 0), (2, 16), (3, 24)] * 2


def test_reading_notes_the_rows_of_all_and_ends_between_two_batches(guard: Guard, told: list[RunProgress]) -> None:
    coming = iter(watched_reading(result_of(6), guard).batches)
    next(coming)
    guard.beat()
    assert [(one.phase, one.rows, one.rows_total) for one in told] == [(RunPhase.READING, 3, 6)]
    guard.lose()
    with pytest.raises(LeaseLost):
        next(coming)


class SourceLines:
    """A source that writes `chunks` itself; says at the end how many rows they were, and whether it was let end."""

    def __init__(self, chunks: tuple[CsvChunk, ...]) -> None:
        self.chunks = chunks
        self.given = CsvLines()
        self.is_closed = False

    def lines(self, keys: object, options: object) -> CsvLines | None:
        self.given = CsvLines(chunks=self._written())
        return self.given if self.chunks else None

    def _written(self) -> Generator[CsvChunk, None, None]:
        try:
            yield from self.chunks
            self.given.rows, self.given.is_whole = 40, True
        finally:
            self.is_closed = True


def test_lines_of_a_source_pass_as_they_are_and_are_counted() -> None:
    seen: list[tuple[int, int]] = []
    chunks = (b"1234,5678\n" * 20, memoryview(b"1234,5678\n" * 20))
    source = SourceLines(chunks)
    lines = CountedCsv(source, lambda rows, size: seen.append((rows, size))).lines([], CsvOptions())
    assert lines is not None
    assert b"".join(lines.chunks) == b"1234,5678\n" * 40
    assert seen == [(20, 200), (40, 400)]
    assert (lines.rows, lines.is_whole) == (40, True), "the source says so in the object it gave"
    assert CountedCsv(SourceLines(()), lambda rows, size: None).lines([], CsvOptions()) is None


def test_lines_of_a_source_end_when_the_guard_says_so(guard: Guard) -> None:
    source = SourceLines((b"a\n", b"b\n"))
    result = watched_reading(result_of(2), guard)
    assert result.csv is None
    lines = CountedCsv(source, lambda rows, size: guard.check()).lines([], CsvOptions())
    assert lines is not None
    next(lines.chunks)
    guard.lose()
    with pytest.raises(LeaseLost) as raised:
        next(lines.chunks)
    assert source.is_closed, "the connection to the source is free again, whoever still looks at the error"
    assert raised.traceback


def test_more_line_ends_than_rows_are_still_no_more_than_all(guard: Guard, told: list[RunProgress]) -> None:
    """A text with line ends of its own looks like several rows while it passes."""
    result = watched_reading(replace(result_of(2), csv=SourceLines((b'"a\n\n\n\n"\n', b"b\n"))), guard)
    assert result.csv is not None
    lines = result.csv.lines([], CsvOptions())
    assert lines is not None
    list(lines.chunks)
    guard.beat()
    assert [(one.rows, one.rows_total, one.size_bytes) for one in told] == [(2, 2, 10)]
