"""Runs over a real source that dies in the middle, and over a browser that is gone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.catalog.sources import postgresql_copy
from core.clock import FixedClock
from core.db.database import Database
from core.db.embedded import EmbeddedPostgres
from core.domain.result import Result
from core.domain.run import RunKind, RunState
from core.errors import SourceUnavailable
from core.query.executor import QueryExecutor
from core.render import RENDERERS
from core.render.chart_images import NOT_DRAWN, ChartRenderer
from core.runs import pipeline
from core.runs.guard import Guard
from core.runs.press_process import ProcessPress
from core.runs.progress import watched_reading
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import definition_of, read
from tests.source_benches.postgresql_bench import PostgreSqlBench

ROWS = 300_000
#: 60 MB, which no connection hands over at once.
_TABLE = (
    f"CREATE TABLE orders AS SELECT rpad('Country ' || n % 7, 200, '.') AS country FROM generate_series(1, {ROWS}) n"
)
_END_READERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'Broadsheet'"


@pytest.fixture(scope="module")
def bench(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSqlBench]:
    with PostgreSqlBench(postgres, tmp_path_factory.mktemp("source")) as opened:
        opened.execute(
            f"CREATE TABLE orders AS SELECT 'Country ' || n % 7 AS country FROM generate_series(1, {ROWS}) n"
        )
        yield opened


@pytest.fixture(scope="module")
def press() -> Iterator[ProcessPress]:
    press = ProcessPress(memory_mb=1000)
    yield press
    press.close()


@pytest.fixture
def stack(database: Database, clock: FixedClock, tmp_path: Path, bench: PostgreSqlBench, press: ProcessPress) -> Stack:
    connector = bench.connector()
    executor = QueryExecutor(lambda _: connector, clock)
    return Stack(database=database, clock=clock, folder=tmp_path, executor=executor, renderers=RENDERERS, press=press)


@pytest.fixture
def definition(database: Database, tenant: Tenant, make_run: Callable[..., UUID]) -> dict[str, Any]:
    with database.organization(tenant.organization_id) as session:
        return {**definition_of(session.execute(text("SELECT id FROM datasets")).scalar_one()), "limit": None}


class DyingAt:
    """Takes the source away once so many batches or chunks of a reading have come; of batches, the first is empty."""

    def __init__(self, count: int, die: Callable[[], None]) -> None:
        self._count = count
        self._die = die

    def __call__(self, result: Result, guard: Guard) -> Result:
        result = watched_reading(result, guard)
        csv = None if result.csv is None else _Lines(result.csv, self._counted)
        return replace(result, batches=self._counted(result.batches), csv=csv)

    def _counted(self, parts: Any) -> Iterator[Any]:
        for number, part in enumerate(parts, 1):
            yield part
            if number == self._count:
                self._die()


class _Lines:
    def __init__(self, csv: Any, counted: Callable[[Any], Iterator[Any]]) -> None:
        self._csv = csv
        self._counted = counted

    def lines(self, keys: Any, options: Any) -> Any:
        lines = self._csv.lines(keys, options)
        lines.chunks = self._counted(lines.chunks)
        return lines


@pytest.mark.parametrize(
    "formats",
    [pytest.param(("xlsx", "parquet"), id="while rows are kept"), pytest.param(("csv",), id="straight into the file")],
)
def test_a_source_that_dies_in_the_middle_leaves_nothing_and_is_asked_again(
    stack: Stack,
    tenant: Tenant,
    clock: FixedClock,
    bench: PostgreSqlBench,
    make_run: Callable[..., UUID],
    definition: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    formats: tuple[str, ...],
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=formats, definition=definition)
    with monkeypatch.context() as patched:
        patched.setattr(postgresql_copy, "MOST_AHEAD_BYTES", 1)  # or all lines are here before it dies
        patched.setattr(pipeline, "watched_reading", DyingAt(1, lambda: bench.execute(_END_READERS)))
        stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code, run.progress) == (RunState.WAITING, SourceUnavailable.code, None)
    assert [path for path in stack.folder.rglob("*") if path.is_file()] == []

    clock.advance(timedelta(minutes=1))
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.rows_delivered) == (RunState.COMPLETED, ROWS), run.error_message
    assert {file.manifest.rows_delivered for file in run.artifacts if file.format in formats} == {ROWS}


def test_a_report_whose_browser_is_gone_goes_out_and_says_so(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], definition: dict[str, Any]
) -> None:
    drawer = ChartRenderer(browser=Path("/bin/false"))
    stack = Stack(
        database=stack.database,
        clock=stack.clock,
        folder=stack.folder,
        executor=stack.executor,
        renderers=RENDERERS,
        press=stack.press,
        drawer=drawer,
    )
    summary = {
        **definition,
        "columns": [],
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "count"}],
        "chart": {"kind": "bar", "x": "country", "y": ["count"]},
    }
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("html", "pdf"), definition=summary)
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.rows_delivered) == (RunState.COMPLETED, 7), run.error_message
    page = run.artifacts[0]
    with stack.store.open(page.storage_key) as file:
        assert NOT_DRAWN in file.read().decode()
