"""A run from its claim to its last delivery on the real PostgreSQL, with stand-ins for source, browser and mail server."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from core.clock import FixedClock
from core.db import delivery_repository, run_reading
from core.db.database import Database
from core.db.tables import MembershipRow
from core.domain.delivery import DeliveryState
from core.domain.run import Run, RunKind, RunState, RunStep
from core.errors import (
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUnknown,
    QueryTimedOut,
    RunCancelled,
    SourceUnavailable,
)
from core.runs.outbox import reference_of
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import ALICE, BOB, column, definition_of, insert_report, insert_run, insert_schedule, jobs


@pytest.fixture
def stack(database: Database, clock: FixedClock, tmp_path: Path) -> Stack:
    return Stack(database=database, clock=clock, folder=tmp_path)


@pytest.fixture
def make_run(database: Database, tenant: Tenant) -> Callable[..., UUID]:
    """Insert a run of a saved report: `make_run(recipients=...)`."""
    report_id = insert_report(database, tenant)
    with database.organization(tenant.organization_id) as session:
        dataset_id = session.execute(text("SELECT dataset_id FROM reports")).scalar_one()

    def make(**changes: Any) -> UUID:
        values = {"definition": definition_of(dataset_id), "report_id": report_id, "report_version": 1, **changes}
        return insert_run(database, tenant, **values)

    return make


def read(stack: Stack, tenant: Tenant, run_id: UUID) -> Run:
    with stack.database.organization(tenant.organization_id) as session:
        return run_reading.load_run(session, run_id)


def deliver_all(stack: Stack, tenant: Tenant, run_id: UUID) -> Run:
    for delivery in read(stack, tenant, run_id).deliveries:
        stack.deliverer.deliver(delivery.id)
    return read(stack, tenant, run_id)


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
    (artifact,) = run.artifacts
    with stack.store.open(artifact.storage_key) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == artifact.sha256 == artifact.manifest.sha256
    assert b"Chile" in content
    assert leftovers(stack) == []
    assert [line["to"] for line in stack.channel.accepted()] == ["alice@example.com", "bob@example.com"]
    assert [event.name for event in run.events][-3:] == ["sent", "sent", "completed"]

    message = stack.channel.messages[0]
    assert message.subject == "Weekly revenue for alice@example.com"
    assert message.attachments[0].content == content
    assert "Chile" in message.text
    assert run.deliveries[0].reference == f"<{reference_of(run_id, 'email', 'alice@example.com')}@test>"
    assert run.deliveries[0].response == "250 accepted"


def test_an_export_ends_with_its_file(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, len(run.artifacts), run.deliveries) == (RunState.COMPLETED, 1, ())


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
        stack.pipeline._query(claimed, guard)
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
    (artifact,) = read(stack, tenant, run_id).artifacts
    assert artifact.storage_key != orphan
    stored = [path.name for path in (stack.folder / "artifacts").rglob("*") if path.is_file()]
    assert stored == [artifact.storage_key.rpartition("/")[2]]


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
    (artifact,) = run.artifacts
    with stack.store.open(artifact.storage_key) as file:
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


def test_a_cancel_during_the_query_ends_the_run(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
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


def test_a_refused_recipient_makes_the_run_partial_and_can_be_sent_to_again(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE, BOB))
    stack.pipeline.advance(run_id)
    stack.channel.errors = [DeliveryRefused("No such mailbox.")]
    run = deliver_all(stack, tenant, run_id)
    assert run.state is RunState.PARTIAL
    assert [delivery.state for delivery in run.deliveries] == [DeliveryState.FAILED, DeliveryState.SENT]
    assert run.deliveries[0].error_message == "No such mailbox."
    assert "1 of 2" in (run.error_message or "")


def test_a_deferred_delivery_is_tried_again_and_in_the_end_given_up(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    stack.channel.errors = [DeliveryDeferred("Mailbox busy.") for _ in range(8)]
    waits = []
    for _ in range(8):
        run = deliver_all(stack, tenant, run_id)
        again_at = run.deliveries[0].next_attempt_at
        if again_at is not None:
            waits.append(again_at - clock.now())
            assert deliver_all(stack, tenant, run_id).deliveries[0].attempt == len(waits), "not before its time"
            clock.advance(waits[-1])
    assert waits == [timedelta(minutes=2**n) for n in range(7)]
    run = read(stack, tenant, run_id)
    assert (run.state, run.deliveries[0].state, run.deliveries[0].attempt) == (
        RunState.PARTIAL,
        DeliveryState.FAILED,
        8,
    )
    assert stack.channel.accepted() == []


def test_an_unknown_delivery_goes_out_once_more_under_the_same_reference(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    stack.channel.errors_after = [DeliveryUnknown()]
    run = deliver_all(stack, tenant, run_id)
    assert (run.state, run.deliveries[0].state) == (RunState.RUNNING, DeliveryState.UNKNOWN)
    clock.advance(timedelta(minutes=10))
    run = deliver_all(stack, tenant, run_id)
    assert (run.state, run.deliveries[0].state) == (RunState.COMPLETED, DeliveryState.SENT)
    first, second = stack.channel.accepted()
    assert first == second
    assert stack.channel.messages[0] == stack.channel.messages[1], "a retry sends the same bytes"


@pytest.mark.parametrize("error", [DeliveryUnknown(), KeyError("a bug in the channel")])
def test_twice_unknown_is_not_sent_a_third_time(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], error: Exception
) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    stack.channel.errors_after = [error, error]
    for _ in range(3):
        deliver_all(stack, tenant, run_id)
        clock.advance(timedelta(minutes=10))
    run = read(stack, tenant, run_id)
    assert (run.state, run.deliveries[0].state) == (RunState.PARTIAL, DeliveryState.FAILED)
    assert len(stack.channel.accepted()) == 2


def test_the_sweep_wakes_what_was_left_behind(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    never_woken = make_run()
    died = make_run()
    assert stack.ledger.claim(died) is not None
    assert stack.recovery.sweep() == 0
    clock.advance(timedelta(seconds=61))
    assert stack.recovery.sweep() == 2
    assert jobs(stack.database) == [("run", None), ("run", None)]
    assert stack.recovery.sweep() == 2
    assert len(jobs(stack.database)) == 2, "waking twice queues once"
    assert column(stack.database, tenant, "state", never_woken) == "pending"


def test_the_sweep_ends_a_run_whose_attempts_are_used_up(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    for _ in range(3):
        assert stack.ledger.claim(run_id) is not None
        clock.advance(timedelta(seconds=61))
    stack.recovery.sweep()
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_message) == (RunState.FAILED, "It stopped three times without an answer.")


def test_the_sweep_makes_a_silent_sending_unknown_and_its_sender_can_write_nothing(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    (delivery,) = read(stack, tenant, run_id).deliveries
    paused = stack.outbox.claim(delivery.id)
    assert paused is not None
    assert stack.outbox.claim(delivery.id) is None
    clock.advance(timedelta(seconds=61))
    stack.recovery.sweep()
    assert read(stack, tenant, run_id).deliveries[0].state is DeliveryState.UNKNOWN
    clock.advance(timedelta(minutes=10))
    stack.recovery.sweep()
    stack.deliverer.deliver(delivery.id)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED
    with stack.database.organization(tenant.organization_id) as session:
        row = delivery_repository.load_outbox_row(session, delivery.id)
    assert (row.lease_token, paused.lease_token) == (2, 1)


def test_schedules_name_themselves_in_the_mail(
    stack: Stack, tenant: Tenant, database: Database, make_run: Callable[..., UUID]
) -> None:
    with database.organization(tenant.organization_id) as session:
        report_id = session.execute(text("SELECT id FROM reports")).scalar_one()
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=None)
    run_id = make_run(schedule_id=schedule_id)
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    assert "Every daily" in stack.channel.messages[0].text


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    import threading

    before = threading.active_count()
    yield
    assert threading.active_count() <= before
