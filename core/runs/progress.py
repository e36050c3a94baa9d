"""How far a run is: rows are counted on their way through a stage, and as they pass the guard may end it."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from core.domain.csv_options import CsvChunk, CsvLines, CsvOptions, CsvSource
from core.domain.result import Result
from core.domain.run import RunPhase
from core.runs.guard import Guard

#: Takes the rows and bytes that have passed so far; what it raises ends the work.
Passed = Callable[[int, int], None]

#: Seconds between two looks at how long the lines of a source are.
_LOOK_S = 0.25


class CountedBatches:
    """Batches that tell how many rows and bytes have passed; may be iterated as often as those behind it."""

    def __init__(self, batches: Iterable[pa.RecordBatch], passed: Passed) -> None:
        self._batches = batches
        self._passed = passed

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        rows = size = 0
        self._passed(rows, size)
        for batch in self._batches:
            rows += batch.num_rows
            size += batch.nbytes
            self._passed(rows, size)
            yield batch


@dataclass(frozen=True, slots=True)
class CountedCsv:
    """A source's own CSV, counted alike: its bytes, and the rows that so many bytes are, as nearly as that is known."""

    csv: CsvSource
    passed: Passed

    def lines(self, keys: Sequence[str], options: CsvOptions) -> CsvLines | None:
        """The source's lines, or None where it has none to give."""
        lines = self.csv.lines(keys, options)
        if lines is not None:
            lines.chunks = self._counted(lines.chunks)  # the source says more in this very object at the end
        return lines

    def _counted(self, chunks: Generator[CsvChunk, None, None]) -> Generator[CsvChunk, None, None]:
        size = looked_at = ends = 0
        look_at = 0.0
        try:
            for chunk in chunks:
                size += len(chunk)
                if time.monotonic() >= look_at:  # counting every line would cost a tenth of the copy itself
                    looked_at += len(chunk)
                    ends += bytes(chunk).count(b"\n")
                    look_at = time.monotonic() + _LOOK_S
                self.passed(size * ends // max(looked_at, 1), size)
                yield chunk
        finally:
            chunks.close()


def watched_reading(result: Result, guard: Guard) -> Result:
    """The same result; reading it ends once the guard says so, which is told how far the reading is."""
    total = result.head.rows_delivered

    def passed(rows: int, size_bytes: int) -> None:
        guard.check()
        guard.note(RunPhase.READING, rows=min(rows, total), rows_total=total, size_bytes=size_bytes)

    csv = None if result.csv is None else CountedCsv(result.csv, passed)
    return replace(result, batches=CountedBatches(result.batches, passed), csv=csv)
