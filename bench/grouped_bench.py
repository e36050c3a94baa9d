"""Grouped previews of large tables beside SQL written by hand, which goes through the same driver.

python -m bench.grouped_bench [lines] [repeats]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure, table
from bench.grouped_cases import CASES, EMPTY, PAGE_SIZE, Case
from bench.grouped_tables import BENCH_ID, duckdb_tables, events_dataset, postgresql_tables
from core.catalog.sources.connector import CompiledQuery, Connector
from core.clock import FixedClock
from core.domain.dataset import Source
from core.domain.definition_json import parse_definition
from core.query.answers import informed
from core.query.compile.query import Page, compile_query
from core.query.executor import QueryExecutor

LINES = 10_000_000
REPEATS = 5
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_CLOCK = FixedClock(NOW)
_DEADLINE_S = 600.0
#: How often what takes milliseconds is repeated.
_OFTEN = 50
_Tables = Callable[..., Any]
ENGINES: dict[str, tuple[str, _Tables]] = {
    "duckdb": ("DuckDB", duckdb_tables),
    "postgresql": ("PostgreSQL", postgresql_tables),
}


def measure(folder: Path, *, lines: int = LINES, repeats: int = REPEATS) -> Iterator[Figure]:
    """Each preview as a multiple of the SQL written by hand, on each engine, and what a preview costs by itself."""
    for engine, (label, tables) in ENGINES.items():
        (folder / engine).mkdir(exist_ok=True)
        with tables(folder / engine, lines=lines, clock=_CLOCK) as connector:
            for case in CASES:
                by_hand, statement, preview = _compared(connector, engine, case, repeats)
                yield Figure(
                    name=f"{label}, {case.name}: preview {preview:,.0f} ms, its statement {statement:,.0f} ms, "
                    f"by hand {by_hand:,.0f} ms",
                    measured=preview / by_hand,
                    unit="x",
                    limit=case.limit,
                )
            by_hand, statement, preview = _compared(connector, engine, EMPTY, max(repeats, _OFTEN))
            for name, measured in (("SQL by hand", by_hand), ("its statement", statement), ("preview", preview)):
                yield Figure(name=f"{label}, {EMPTY.name}: {name}", measured=measured, unit="ms")


def _compared(connector: Connector, engine: str, case: Case, repeats: int) -> tuple[float, float, float]:
    """Medians in milliseconds of the SQL by hand, of the preview's own statement and of the preview, taken in turns."""
    asked = parse_definition({"dataset_id": str(BENCH_ID), **case.definition})
    dataset = events_dataset()
    source = Source(id=BENCH_ID, organization_id=BENCH_ID, name="bench", kind=engine, connection={})
    executor = QueryExecutor(lambda _source: connector, _CLOCK)
    by_hand = CompiledQuery(sql=getattr(case, engine))

    def preview() -> list[dict[str, Any]]:
        answer = executor.preview(
            asked, dataset, source, page=1, page_size=PAGE_SIZE, logical_at=NOW, refresh=True
        ).table
        return list(answer.to_pylist())

    with connector.snapshot(deadline_s=_DEADLINE_S) as snapshot:
        query = informed(snapshot, compile_query(asked, dataset, functions=connector.functions, logical_at=NOW))
        rows = query.rows(Page(offset=0, size=PAGE_SIZE))
        works = (lambda: snapshot.fetch(by_hand).to_pylist(), lambda: snapshot.fetch(rows).to_pylist(), preview)
        if works[0]() != works[2]():
            raise AssertionError(f"{case.name}: the SQL by hand gives another answer")
        times = [[_timed(work) for work in works] for _ in range(repeats)]
    first, second, third = (statistics.median(each) for each in zip(*times, strict=True))
    return first, second, third


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="grouped-bench-") as scratch:
        print(table(measure(Path(scratch), **dict(zip(("lines", "repeats"), given, strict=False)))))
