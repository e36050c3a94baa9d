"""Deliveries on the real PostgreSQL: refused, deferred, unknown, swept; the mail server is a stand-in."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db import delivery_repository
from core.db.database import Database
from core.domain.delivery import DeliveryState
from core.domain.run import RunState
from core.errors import (
    DeliveryDeferred,
    DeliveryRefused,
    DeliveryUnknown,
    LeaseLost,
)
from core.runs.retry import DELIVERY_MAX_ATTEMPTS
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import (
    ALICE,
    BOB,
    column,
    deliver_all,
    insert_schedule,
    jobs,
    read,
)


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
    stack.channel.errors = [DeliveryDeferred("Mailbox busy.") for _ in range(DELIVERY_MAX_ATTEMPTS)]
    waits = []
    for _ in range(DELIVERY_MAX_ATTEMPTS):
        run = deliver_all(stack, tenant, run_id)
        again_at = run.deliveries[0].next_attempt_at
        if again_at is not None:
            waits.append(again_at - clock.now())
            assert deliver_all(stack, tenant, run_id).deliveries[0].attempt == len(waits), "not before its time"
            clock.advance(waits[-1])
    assert waits == [timedelta(minutes=2**n) for n in range(DELIVERY_MAX_ATTEMPTS - 1)]
    run = read(stack, tenant, run_id)
    assert (run.state, run.deliveries[0].state, run.deliveries[0].attempt) == (
        RunState.PARTIAL,
        DeliveryState.FAILED,
        DELIVERY_MAX_ATTEMPTS,
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
    assert stack.recovery.sweep() == 1
    assert jobs(stack.database) == [("run", None)], "whoever is woken for the one that died goes on with the line"
    assert stack.recovery.sweep() == 1
    assert len(jobs(stack.database)) == 1, "waking twice queues once"
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
    assert stack.outbox.claim(delivery.id) is None, "one sender at a time"
    clock.advance(timedelta(seconds=61))
    stack.recovery.sweep()
    assert read(stack, tenant, run_id).deliveries[0].state is DeliveryState.UNKNOWN
    clock.advance(timedelta(minutes=10))
    stack.recovery.sweep()
    successor = stack.outbox.claim(delivery.id)
    assert successor is not None
    assert (successor.state, successor.lease_token) == (DeliveryState.SENDING, paused.lease_token + 1)
    with pytest.raises(LeaseLost):
        stack.outbox.sent(paused, response="", reference="", took_s=0)
    with pytest.raises(LeaseLost):
        stack.outbox.deferred(paused, reason="", took_s=0)
    with pytest.raises(LeaseLost), stack.database.organization(tenant.organization_id) as session:
        delivery_repository.extend_delivery_lease(session, paused, clock.now())
    stack.outbox.sent(successor, response="", reference="", took_s=0)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED


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
