"""How far a run is, as people see it while it is read and written; nothing of it stays when it has ended."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core.clock import FixedClock
from core.db.database import Database
from core.domain.run import RunKind, RunPhase, RunProgress, RunState
from core.errors import SourceUnavailable
from core.runs.press_process import ProcessPress
from tests.bad_renderers import HALF, RENDERERS
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import NOW, read

PATIENCE_S = 100.0


def beat(stack: Stack, run_id: UUID) -> None:
    stack.ledger._held[run_id][1].beat()


def test_a_run_says_that_it_reads_before_the_first_row_is_there(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    seen: list[RunProgress | None] = []

    def look(_should_stop: Callable[[], bool]) -> None:
        beat(stack, run_id)
        seen.append(read(stack, tenant, run_id).progress)

    stack.executor.during = look
    stack.pipeline.advance(run_id)
    assert seen == [RunProgress(phase=RunPhase.READING, rows=0, rows_total=None, at=NOW)]
    run = read(stack, tenant, run_id)
    assert (run.state, run.step, run.progress) == (RunState.RUNNING, "delivering", None)


@pytest.mark.parametrize("end", ["put off", "cancelled", "handed over", "taken over"])
def test_progress_ends_with_the_work(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], end: str
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())

    def stop(_should_stop: Callable[[], bool]) -> None:
        beat(stack, run_id)
        if end == "put off":
            raise SourceUnavailable
        if end == "handed over":
            stack.ledger.release_all()
        elif end == "taken over":
            clock.advance(timedelta(seconds=61))
            assert stack.ledger.claim(run_id) is not None
        else:
            with stack.database.organization(tenant.organization_id) as session:
                stack.ledger.cancel(session, run_id)
            beat(stack, run_id)

    stack.executor.during = stop
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    states = {"cancelled": RunState.CANCELLED, "taken over": RunState.RUNNING}
    assert (run.state, run.progress) == (states.get(end, RunState.WAITING), None)


@pytest.fixture
def press() -> Iterator[ProcessPress]:
    press = ProcessPress(memory_mb=400, renderers="tests.bad_renderers")
    yield press
    press.close()


def test_what_the_process_has_written_is_seen_while_it_writes(
    database: Database,
    clock: FixedClock,
    tmp_path: Path,
    tenant: Tenant,
    make_run: Callable[..., UUID],
    press: ProcessPress,
) -> None:
    stack = Stack(database=database, clock=clock, folder=tmp_path, renderers=RENDERERS, press=press)
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("hang",))
    working = threading.Thread(target=stack.pipeline.advance, args=(run_id,))
    working.start()
    try:
        seen = _first(lambda: _written(read(stack, tenant, run_id).progress))
    finally:
        with database.organization(tenant.organization_id) as session:
            stack.ledger.cancel(session, run_id)
        working.join()
    assert seen == RunProgress(
        phase=RunPhase.WRITING, rows=2, rows_total=2, size_bytes=len(HALF), format="hang", at=NOW
    )
    run = read(stack, tenant, run_id)
    assert (run.state, run.progress) == (RunState.CANCELLED, None)


def _written(progress: RunProgress | None) -> RunProgress | None:
    return progress if progress is not None and progress.rows else None


def _first(look: Callable[[], RunProgress | None]) -> RunProgress | None:
    """Look until there is something; the process under test keeps its own time."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.1)):
        if (seen := look()) is not None:
            return seen
        pause.wait(0.1)
    return None
