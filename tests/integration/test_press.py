"""Files made by processes of their own: what goes wrong in one ends its run with a reason, and nothing else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from core.clock import FixedClock
from core.db.database import Database
from core.domain.run import RunKind, RunState
from core.errors import (
    BroadsheetError,
    DiskFull,
    QueryTimedOut,
    RenderBroke,
    RenderError,
    RenderTooLarge,
)
from core.runs.press_process import ProcessPress
from tests.bad_renderers import RENDERERS
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import read

SMALL_FILE = 64 * 1024


@pytest.fixture(scope="module")
def press() -> Iterator[ProcessPress]:
    press = ProcessPress(memory_mb=400, renderers="tests.bad_renderers")
    yield press
    press.close()


@pytest.fixture
def stack(database: Database, clock: FixedClock, tmp_path: Path, press: ProcessPress) -> Stack:
    return Stack(database=database, clock=clock, folder=tmp_path, renderers=RENDERERS, press=press)


def server_of(press: ProcessPress) -> psutil.Process:
    press.start()
    assert press._server is not None
    return psutil.Process(press._server.pid)


def files_of(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def assert_nothing_half_is_left(stack: Stack) -> None:
    assert files_of(stack.folder / "artifacts") == []
    assert files_of(stack.folder / "scratch") == []


def assert_the_next_run_works(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("csv", "csv"))
    stack.pipeline.advance(run_id)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED


class Meanwhile:
    """Does something once the half file of a run lies there."""

    def __init__(self, stack: Stack, act: Callable[[], object]) -> None:
        self._scratch = stack.folder / "scratch"
        self._act = act
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._wait)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._given_up.set()
        self._thread.join()

    def _wait(self) -> None:
        while not self._given_up.wait(0.02):
            if any(path.stat().st_size for path in self._scratch.rglob("*") if path.is_file()):
                self._act()
                return


@pytest.mark.parametrize(
    ("format_", "state", "error", "words"),
    [
        ("crash", RunState.WAITING, RenderBroke, "could not be made"),
        ("greed", RunState.FAILED, RenderTooLarge, "more than 400 MiB of memory"),
        ("bug", RunState.FAILED, RenderError, "something went wrong in its format"),
        ("refusal", RunState.FAILED, RenderError, "It will not be written"),
        ("unheard-of", RunState.FAILED, RenderError, "no file format called 'unheard-of'"),
    ],
)
def test_a_renderer_that_goes_wrong_ends_its_run_with_a_reason(
    stack: Stack,
    tenant: Tenant,
    make_run: Callable[..., UUID],
    caplog: pytest.LogCaptureFixture,
    format_: str,
    state: RunState,
    error: type[BroadsheetError],
    words: str,
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("csv", format_))
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code, run.progress) == (state, error.code, None)
    assert words in (run.error_message or "")
    assert "secret" not in (run.error_message or "")
    assert_nothing_half_is_left(stack)
    assert_the_next_run_works(stack, tenant, make_run)
    assert ("ZeroDivisionError: secret" in caplog.text) == (format_ == "bug"), "the details are in the log"


def test_a_renderer_that_hangs_is_ended_with_the_runs_time(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], press: ProcessPress
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("hang",))
    with Meanwhile(stack, lambda: clock.advance(timedelta(minutes=30))):
        stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code) == (RunState.WAITING, QueryTimedOut.code)
    assert server_of(press).children() == []
    assert_nothing_half_is_left(stack)
    assert_the_next_run_works(stack, tenant, make_run)


def test_a_cancel_ends_the_process_that_writes(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], press: ProcessPress
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("hang",))

    def cancel() -> None:
        with stack.database.organization(tenant.organization_id) as session:
            stack.ledger.cancel(session, run_id)

    with Meanwhile(stack, cancel):
        stack.pipeline.advance(run_id)
    assert read(stack, tenant, run_id).state is RunState.CANCELLED
    assert server_of(press).children() == []
    assert_nothing_half_is_left(stack)


def test_a_process_killed_from_outside_is_tried_again_and_then_its_run_completes(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], press: ProcessPress
) -> None:
    """As the system does when memory runs out: first the process that writes, then the server of them all."""
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=("hang",))
    for victim in (lambda: server_of(press).children()[0], lambda: server_of(press)):
        with Meanwhile(stack, lambda victim=victim: victim().kill()):  # type: ignore[misc]
            stack.pipeline.advance(run_id)
        run = read(stack, tenant, run_id)
        assert (run.state, run.error_code) == (RunState.WAITING, RenderBroke.code)
        clock.advance(timedelta(minutes=5))
    assert_nothing_half_is_left(stack)
    assert_the_next_run_works(stack, tenant, make_run)


@contextmanager
def no_room(where: str, server: psutil.Process) -> Iterator[None]:
    """Lets a process write no file larger than 64 KiB: what it meets then is what a full disk says."""
    process = psutil.Process() if where == "here" else server
    usual = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (SMALL_FILE, usual[1]))
    yield
    process.rlimit(psutil.RLIMIT_FSIZE, usual)


@pytest.mark.parametrize(
    ("where", "formats"),
    [
        pytest.param("here", ("csv", "csv"), id="the rows do not fit"),
        pytest.param("here", ("csv",), id="the file that rows go straight into does not fit"),
        pytest.param("there", ("csv", "csv"), id="the file does not fit"),
    ],
)
def test_a_full_disk_is_said_and_when_there_is_room_the_run_completes(
    stack: Stack,
    tenant: Tenant,
    clock: FixedClock,
    make_run: Callable[..., UUID],
    press: ProcessPress,
    where: str,
    formats: tuple[str, ...],
) -> None:
    stack.executor.rows = ("Some country of a long name",) * 10_000
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=formats)
    with no_room(where, server_of(press)):
        stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code) == (RunState.WAITING, DiskFull.code)
    assert "full" in (run.error_message or "")
    assert_nothing_half_is_left(stack)
    assert [name for name in files_of(stack.folder / "spool") if name.startswith(".")] == []
    clock.advance(timedelta(minutes=1))
    stack.pipeline.advance(run_id)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED
    assert files_of(stack.folder / "spool") == []


def test_the_processes_know_no_secrets(
    press: ProcessPress,
    stack: Stack,
    tenant: Tenant,
    make_run: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for files")
    press.close()
    stack.executor.rows = ("Chile",) * 10_000  # more than are written without the press
    assert_the_next_run_works(stack, tenant, make_run)  # its server is up: the system shows no environment before
    environment = server_of(press).environ()
    assert "PATH" in environment
    assert "SECRET_KEY" not in environment
