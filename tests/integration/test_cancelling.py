"""Cancelling a run whatever it is doing: it ends soon, nothing more goes out, and nothing brings it back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db.database import Database
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState, RunStep
from core.errors import (
    BroadsheetError,
    Conflict,
    DeliveryDeferred,
    DeliveryUnknown,
    LeaseLost,
    RunCancelled,
    SourceUnavailable,
)
from core.runs.ledger import CANCELLED_BEFORE
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import (
    ALICE,
    BOB,
    column,
    definition_of,
    deliver_all,
    insert_report,
    insert_run,
    insert_schedule,
    read,
)


@pytest.fixture
def schedule_id(database: Database, tenant: Tenant) -> UUID:
    return insert_schedule(database, tenant, insert_report(database, tenant), next_run_at=None, recipients=(ALICE, BOB))


@pytest.fixture
def make_run(database: Database, tenant: Tenant, schedule_id: UUID) -> Callable[..., UUID]:
    """Insert a run of a schedule with two recipients."""
    with database.organization(tenant.organization_id) as session:
        report_id, dataset_id = session.execute(text("SELECT id, dataset_id FROM reports")).one()

    def make(**changes: Any) -> UUID:
        values = {
            "definition": definition_of(dataset_id),
            "report_id": report_id,
            "report_version": 1,
            "schedule_id": schedule_id,
            "recipients": (ALICE, BOB),
        }
        return insert_run(database, tenant, **{**values, **changes})

    return make


def states(stack: Stack, tenant: Tenant, run_id: UUID) -> tuple[RunState, list[DeliveryState]]:
    run = read(stack, tenant, run_id)
    return run.state, [delivery.state for delivery in run.deliveries]


def start_sending(stack: Stack, tenant: Tenant, run_id: UUID) -> UUID:
    """Bring a run to where its first delivery is with a worker; returns that delivery."""
    stack.pipeline.advance(run_id)
    return read(stack, tenant, run_id).deliveries[0].id


def test_a_delivering_run_ends_with_the_delivery_that_was_on_its_way(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    row = stack.outbox.claim(start_sending(stack, tenant, run_id))
    assert row is not None
    service.cancel(tenant.principal, run_id)
    assert states(stack, tenant, run_id) == (RunState.RUNNING, [DeliveryState.SENDING, DeliveryState.FAILED])
    again = service.cancel(tenant.principal, run_id)
    assert again.state is RunState.RUNNING, "asking twice changes nothing"
    stack.outbox.sent(row, response="250", reference="", took_s=0.1)
    assert states(stack, tenant, run_id) == (RunState.CANCELLED, [DeliveryState.SENT, DeliveryState.FAILED])
    with pytest.raises(Conflict):
        service.cancel(tenant.principal, run_id)
    assert deliver_all(stack, tenant, run_id).state is RunState.CANCELLED
    assert stack.channel.accepted() == []


@pytest.mark.parametrize("error", [DeliveryDeferred("Mailbox busy."), DeliveryUnknown()])
def test_a_delivery_that_would_be_tried_again_fails_with_the_cancelled_run(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID], error: BroadsheetError
) -> None:
    run_id = make_run(recipients=(ALICE,))
    claimed = stack.outbox.claim_with(start_sending(stack, tenant, run_id), stack.deliverer._load)
    assert claimed is not None
    row, parcel = claimed
    service.cancel(tenant.principal, run_id)
    stack.channel.errors = [error]
    with stack.outbox.hold(row):
        stack.deliverer._attempt(row, parcel)
    assert states(stack, tenant, run_id) == (RunState.CANCELLED, [DeliveryState.FAILED])


def test_a_send_that_never_ends_holds_a_cancelled_run_for_one_lease(
    stack: Stack, tenant: Tenant, clock: FixedClock, service: RunService, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE,))
    row = stack.outbox.claim(start_sending(stack, tenant, run_id))
    assert row is not None
    with stack.outbox.hold(row) as guard:
        clock.advance(timedelta(seconds=40))
        guard.beat()
        service.cancel(tenant.principal, run_id)
        clock.advance(timedelta(seconds=40))
        guard.beat()
        assert stack.recovery.sweep() == 0, "the last lease still counts: the mail may be on its way"
        clock.advance(timedelta(seconds=21))
        guard.beat()
        stack.recovery.sweep()
        assert states(stack, tenant, run_id) == (RunState.CANCELLED, [DeliveryState.FAILED])
    (delivery,) = read(stack, tenant, run_id).deliveries
    assert "may have arrived" in (delivery.error_message or "")
    with pytest.raises(LeaseLost):
        stack.outbox.sent(row, response="250", reference="", took_s=99)


def test_work_that_does_not_listen_holds_a_cancelled_run_for_one_lease(
    stack: Stack, tenant: Tenant, clock: FixedClock, service: RunService, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    run = stack.ledger.claim(run_id)
    assert run is not None
    with stack.ledger.hold(run) as guard:
        service.cancel(tenant.principal, run_id)
        clock.advance(timedelta(seconds=59))
        guard.beat()
        with pytest.raises(RunCancelled):
            guard.check()
        clock.advance(timedelta(seconds=2))
        guard.beat()
        stack.recovery.sweep()
        assert read(stack, tenant, run_id).state is RunState.CANCELLED, "the sweep ends it: no worker need be free"
    with pytest.raises(LeaseLost):
        stack.ledger.complete(run)


def test_a_run_whose_worker_died_is_cancelled_at_once(
    stack: Stack, tenant: Tenant, clock: FixedClock, service: RunService, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    assert stack.ledger.claim(run_id) is not None
    clock.advance(timedelta(seconds=61))
    assert service.cancel(tenant.principal, run_id).state is RunState.CANCELLED


def test_a_cancel_just_before_the_first_mail_keeps_every_mail_back(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker looked last before the person cancelled: the database says so when the deliveries are made."""
    run_id = make_run()
    start = stack.ledger.start_deliveries

    def cancel_then_start(*arguments: Any) -> None:
        service.cancel(tenant.principal, run_id)
        start(*arguments)

    monkeypatch.setattr(stack.ledger, "start_deliveries", cancel_then_start)
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.step, run.deliveries) == (RunState.CANCELLED, RunStep.RENDERED, ())


@pytest.mark.parametrize("ending", ["complete", "fail", "release_all"])
def test_whatever_ends_the_attempt_of_a_cancelled_run_cancels_it(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID], ending: str
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    run = stack.ledger.claim(run_id)
    assert run is not None
    with stack.ledger.hold(run):
        service.cancel(tenant.principal, run_id)
        if ending == "complete":
            stack.ledger.complete(run)
        elif ending == "fail":
            stack.ledger.fail(run, SourceUnavailable())
        else:
            stack.ledger.release_all()
    assert column(stack.database, tenant, "state", run_id) == "cancelled"


def test_a_delivery_asked_for_again_during_the_cancel_is_not_sent(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    row = stack.outbox.claim(start_sending(stack, tenant, run_id))
    assert row is not None
    service.cancel(tenant.principal, run_id)
    other = read(stack, tenant, run_id).deliveries[1].id
    service.resend_delivery(tenant.principal, other)
    stack.deliverer.deliver(other)
    assert states(stack, tenant, run_id) == (RunState.RUNNING, [DeliveryState.SENDING, DeliveryState.FAILED])
    assert read(stack, tenant, run_id).deliveries[1].error_message == CANCELLED_BEFORE
    stack.outbox.refused(row, reason="No.", took_s=0.1)
    assert read(stack, tenant, run_id).state is RunState.CANCELLED
    service.resend_delivery(tenant.principal, other)
    assert deliver_all(stack, tenant, run_id).state is RunState.CANCELLED, "nor after its end"
    assert stack.channel.accepted() == []


def test_a_cancelled_run_is_tried_again_as_a_new_one_only_after_its_end(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(kind=RunKind.SCHEDULED, scheduled_for=stack.clock.now())
    row = stack.outbox.claim(start_sending(stack, tenant, run_id))
    assert row is not None
    service.cancel(tenant.principal, run_id)
    with pytest.raises(Conflict):
        service.retry(tenant.principal, run_id)
    stack.outbox.refused(row, reason="No.", took_s=0.1)
    before = read(stack, tenant, run_id)
    again = service.retry(tenant.principal, run_id)
    assert (again.kind, again.logical_at, again.schedule_id) == (RunKind.MANUAL, before.logical_at, before.schedule_id)
    stack.pipeline.advance(again.id)
    assert deliver_all(stack, tenant, again.id).state is RunState.COMPLETED
    assert [line["to"] for line in stack.channel.accepted()] == [ALICE.address, BOB.address]
    assert read(stack, tenant, run_id) == before, "the cancelled run stays what it was"


@pytest.mark.parametrize("ending", ["completed", "cancelled"])
def test_a_schedule_deleted_in_the_middle_of_its_run_leaves_the_run_alone(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID], schedule_id: UUID, ending: str
) -> None:
    run_id = make_run(kind=RunKind.SCHEDULED, scheduled_for=stack.clock.now())

    def delete_schedule(_should_stop: Callable[[], bool]) -> None:
        with stack.database.organization(tenant.organization_id) as session:
            session.execute(text("DELETE FROM schedules WHERE id = :id"), {"id": schedule_id})

    stack.executor.during = delete_schedule
    stack.pipeline.advance(run_id)
    if ending == "cancelled":
        service.cancel(tenant.principal, run_id)
    run = deliver_all(stack, tenant, run_id)
    assert (run.state, run.schedule_id, run.schedule_name) == (RunState(ending), None, None)
    assert len(stack.channel.accepted()) == (2 if ending == "completed" else 0)
    if ending == "cancelled":
        again = service.retry(tenant.principal, run_id)
        stack.pipeline.advance(again.id)
        assert deliver_all(stack, tenant, again.id).state is RunState.COMPLETED
