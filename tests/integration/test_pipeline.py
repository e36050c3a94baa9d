"""A run from its claim to its last delivery on the real PostgreSQL; source, browser and mail server are stand-ins."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from core.clock import FixedClock
from core.db.database import Database
from core.db.tables import MembershipRow
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState, RunStep
from core.errors import (
    QueryTimedOut,
    RunCancelled,
    SourceUnavailable,
)
from core.runs.outbox import reference_of
from core.runs.rendering import NOT_BUILT
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import (
    ALICE,
    BOB,
    definition_of,
    deliver_all,
    jobs,
    read,
)


def leftovers(stack: Stack) -> list[str]:
    return sorted(path.name for path in (stack.folder / "spool").iterdir())


def test_a_run_is_queried_rendered_stored_and_delivered(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE, BOB), email_subject="{report} for {recipient}")
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.step, run.rows_matched, run.rows_delivered) == (RunState.RUNNING, RunStep.DELIVERING, 2, 2)
    assert [delivery.state for delivery in run.deliveries] == [DeliveryState.PENDING] * 2
    assert [task for task, _ in jobs(stack.database)] == ["deliver", "deliver"]

    run = deliver_all(stack, tenant, run_id)
    assert (run.state, run.step, run.error_message) == (RunState.COMPLETED, RunStep.DONE, None)
    assert run.query_s is not None
    assert run.render_s is not None
    assert run.deliver_s is not None
    artifact, beside = run.artifacts
    assert (artifact.format, beside.format) == ("csv", "csv.manifest")
    with stack.store.open(artifact.storage_key) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == artifact.sha256 == artifact.manifest.sha256
    assert b"Chile" in content
    assert leftovers(stack) == []
    assert [line["to"] for line in stack.channel.accepted()] == ["alice@example.com", "bob@example.com"]
    assert [event.name for event in run.events][-3:] == ["sent", "sent", "completed"]

    message = stack.channel.messages[0]
    assert message.subject == "Weekly revenue for alice@example.com"
    assert message.attachments[0].open().read() == content
    assert "Chile" in message.text
    assert run.deliveries[0].reference == f"<{reference_of(run_id, 'email', 'alice@example.com')}@test>"
    assert run.deliveries[0].response == "250 accepted"


def test_an_export_ends_with_its_file(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, len(run.artifacts), run.deliveries) == (RunState.COMPLETED, 2, ())


def test_a_chart_that_does_not_fit_is_said_in_the_mail(
    stack: Stack, tenant: Tenant, database: Database, make_run: Callable[..., UUID]
) -> None:
    with database.organization(tenant.organization_id) as session:
        dataset_id = session.execute(text("SELECT dataset_id FROM reports")).scalar_one()
    chart = {"kind": "bar", "x": "country", "y": ["country"], "color": None}
    run_id = make_run(definition={**definition_of(dataset_id), "chart": chart})
    stack.pipeline.advance(run_id)
    assert deliver_all(stack, tenant, run_id).state is RunState.COMPLETED
    assert NOT_BUILT in stack.channel.messages[0].text


def test_a_second_wake_up_does_nothing(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    run = deliver_all(stack, tenant, run_id)
    assert (stack.executor.asked, run.attempt, len(stack.channel.accepted())) == (1, 1, 1)


@pytest.mark.parametrize("spool_is_here", [True, False])
def test_a_run_goes_on_after_its_last_committed_step(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], spool_is_here: bool
) -> None:
    """The first attempt dies after `queried`; where its rows are not at hand, they are read again."""
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    claimed = stack.ledger.claim(run_id)
    assert claimed is not None
    with stack.ledger.hold(claimed) as guard:
        stack.pipeline._queried(claimed, guard)
    if not spool_is_here:
        for path in (stack.folder / "spool").iterdir():
            path.unlink()
    clock.advance(timedelta(seconds=61))
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.attempt) == (RunState.COMPLETED, 2)
    assert stack.executor.asked == (1 if spool_is_here else 2)
    assert leftovers(stack) == []


def test_files_of_an_attempt_that_died_before_recording_them_are_cleared_away(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    claimed = stack.ledger.claim(run_id)
    assert claimed is not None
    orphan = f"{tenant.organization_id}/{run_id}/{claimed.lease_token}-csv"
    source = stack.folder / "half"
    source.write_bytes(b"never recorded")
    stack.store.put(orphan, source)
    clock.advance(timedelta(seconds=61))
    stack.pipeline.advance(run_id)
    kept = [artifact.storage_key for artifact in read(stack, tenant, run_id).artifacts]
    assert orphan not in kept
    stored = sorted(path.name for path in (stack.folder / "artifacts").rglob("*") if path.is_file())
    assert stored == [key.rpartition("/")[2] for key in kept]


def test_a_paused_worker_that_wakes_up_leaves_no_trace(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], tmp_path: Path
) -> None:
    """While the first worker's query runs, its lease lapses and another one does the whole run."""
    run_id = make_run()
    other = Stack(database=stack.database, clock=clock, folder=tmp_path)
    other.executor.rows = ("Peru",)

    def pause(_should_stop: Callable[[], bool]) -> None:
        clock.advance(timedelta(seconds=61))
        other.pipeline.advance(run_id)

    stack.executor.during = pause
    stack.pipeline.advance(run_id)
    run = deliver_all(other, tenant, run_id)
    assert (run.state, run.attempt, run.rows_delivered) == (RunState.COMPLETED, 2, 1)
    with stack.store.open(run.artifacts[0].storage_key) as file:
        assert b"Peru" in file.read()
    assert len(stack.channel.accepted()) == 1


def test_a_source_that_is_away_puts_the_run_off_and_then_it_completes(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    stack.executor.error = SourceUnavailable("The warehouse cannot be reached.")
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_message) == (RunState.WAITING, "The warehouse cannot be reached.")
    stack.executor.error = None
    clock.advance(timedelta(seconds=11))
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_message) == (RunState.COMPLETED, None)


def test_a_cancel_during_the_query_ends_the_run(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run()

    def cancel(_should_stop: Callable[[], bool]) -> None:
        with stack.database.organization(tenant.organization_id) as session:
            stack.ledger.cancel(session, run_id)
        stack.ledger._held[run_id][1].beat()

    stack.executor.during = cancel
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.artifacts, run.deliveries) == (RunState.CANCELLED, (), ())
    assert leftovers(stack) == []


def test_a_run_that_takes_too_long_says_so(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()

    def dawdle(_should_stop: Callable[[], bool]) -> None:
        clock.advance(timedelta(minutes=31))
        stack.ledger._held[run_id][1].beat()

    stack.executor.during = dawdle
    stack.executor.error = RunCancelled()
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code) == (RunState.WAITING, QueryTimedOut.code)


def test_a_bug_is_logged_and_named_without_details(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], caplog: pytest.LogCaptureFixture
) -> None:
    run_id = make_run()
    stack.executor.error = ZeroDivisionError("secret")
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code) == (RunState.FAILED, "unexpected")
    assert "secret" not in (run.error_message or "")
    assert f"run_broke run={run_id}" in caplog.text


def test_a_person_who_left_gets_no_more_rows(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], owner_session: Any
) -> None:
    run_id = make_run()
    owner_session.execute(update(MembershipRow).values(user_id=MembershipRow.user_id))
    owner_session.execute(text("DELETE FROM memberships"))
    owner_session.commit()
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code, stack.executor.asked) == (RunState.FAILED, "not_allowed", 0)


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    import threading

    before = threading.active_count()
    yield
    assert threading.active_count() <= before
