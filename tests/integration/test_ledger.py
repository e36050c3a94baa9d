"""The ledger on the real PostgreSQL: claims, leases, the fence, retries and cancelling."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.clock import FixedClock
from core.db import delivery_repository, run_reading, run_repository
from core.db.database import Database
from core.db.run_repository import LedgerRun
from core.domain.delivery import DeliveryState
from core.domain.run import Run, RunState, RunStep
from core.domain.run_filter import RunFilter
from core.errors import Conflict, LeaseLost, QueryFailed, RunCancelled, SourceUnavailable
from core.runs.ledger import UNEXPECTED, Ledger
from tests.conftest import Tenant
from tests.run_parts import ALICE, BOB, column, insert_run, jobs, minutes


@pytest.fixture
def ledger(database: Database, clock: FixedClock) -> Ledger:
    return new_ledger(database, clock)


def new_ledger(database: Database, clock: FixedClock) -> Ledger:
    return Ledger(database, clock, max_attempts=3, timeout=minutes(30), jitter=lambda: 0.0)


def claimed(ledger: Ledger, run_id: UUID) -> LedgerRun:
    run = ledger.claim(run_id)
    assert run is not None
    return run


def read(database: Database, tenant: Tenant, run_id: UUID) -> Run:
    with database.organization(tenant.organization_id) as session:
        return run_reading.load_run(session, run_id)


def cancel(database: Database, tenant: Tenant, ledger: Ledger, run_id: UUID) -> None:
    with database.organization(tenant.organization_id) as session:
        ledger.cancel(session, run_id)


def test_a_claim_takes_the_run_and_a_second_one_gets_nothing(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger
) -> None:
    run_id = insert_run(database, tenant)
    run = claimed(ledger, run_id)
    assert (run.attempt, run.lease_token, run.lease_until) == (1, 1, clock.now() + timedelta(seconds=60))
    assert new_ledger(database, clock).claim(run_id) is None
    assert read(database, tenant, run_id).state is RunState.RUNNING


def test_a_lapsed_lease_is_taken_over_and_the_old_worker_can_write_nothing(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger
) -> None:
    run_id = insert_run(database, tenant)
    paused = claimed(ledger, run_id)
    clock.advance(timedelta(seconds=61))
    successor = claimed(new_ledger(database, clock), run_id)
    assert (successor.lease_token, successor.attempt) == (2, 2)

    with pytest.raises(LeaseLost), ledger.step(paused, RunStep.QUERIED, message="", rows_matched=7):
        pass
    with pytest.raises(LeaseLost):
        ledger.start_deliveries(paused, (ALICE,))
    with pytest.raises(LeaseLost):
        ledger.complete(paused)
    with pytest.raises(LeaseLost):
        ledger.cancelled(paused)
    with pytest.raises(LeaseLost):
        ledger.fail(paused, SourceUnavailable())
    with pytest.raises(LeaseLost):
        ledger.fail(paused, QueryFailed())

    run = read(database, tenant, run_id)
    assert (run.state, run.step, run.rows_matched, run.deliveries) == (RunState.RUNNING, RunStep.CREATED, None, ())
    with ledger.step(successor, RunStep.QUERIED, message="", rows_matched=7):
        pass
    assert read(database, tenant, run_id).rows_matched == 7


def test_a_step_is_nothing_at_all_when_what_goes_with_it_fails(
    database: Database, tenant: Tenant, ledger: Ledger
) -> None:
    run = claimed(ledger, insert_run(database, tenant))
    with pytest.raises(RuntimeError), ledger.step(run, RunStep.RENDERED, message="made"):
        raise RuntimeError
    after = read(database, tenant, run.id)
    assert after.step is RunStep.CREATED
    assert "made" not in [event.message for event in after.events]


def test_a_heartbeat_extends_the_lease_and_notices_the_loss(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger
) -> None:
    run = claimed(ledger, insert_run(database, tenant))
    with ledger.hold(run) as guard:
        clock.advance(timedelta(seconds=40))
        guard.beat()
        assert column(database, tenant, "lease_until", run.id) == clock.now() + timedelta(seconds=60)
        assert not guard.should_stop()
        clock.advance(timedelta(seconds=61))
        claimed(new_ledger(database, clock), run.id)
        guard.beat()
        assert guard.should_stop()
        with pytest.raises(LeaseLost):
            guard.check()


@pytest.mark.parametrize(("attempt", "wait_s"), [(1, 10), (2, 20)])
def test_what_may_heal_is_tried_again_later(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger, attempt: int, wait_s: int
) -> None:
    run_id = insert_run(database, tenant)
    for _ in range(attempt):
        run = claimed(ledger, run_id)
        ledger.fail(run, SourceUnavailable("The source cannot be reached."))
        waiting_until: datetime = column(database, tenant, "next_attempt_at", run_id)
        assert ledger.claim(run_id) is None
        clock.advance(waiting_until - clock.now())
    after = read(database, tenant, run_id)
    assert (after.state, after.error_code) == (RunState.WAITING, "source_unavailable")
    assert jobs(database)[-1] == ("run", waiting_until)
    assert waiting_until - timedelta(seconds=wait_s) <= clock.now()
    assert claimed(ledger, run_id).attempt == attempt + 1
    assert read(database, tenant, run_id).error_code is None


def test_the_last_attempt_ends_the_run(database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger) -> None:
    run_id = insert_run(database, tenant)
    for _ in range(3):
        ledger.fail(claimed(ledger, run_id), SourceUnavailable())
        clock.advance(minutes(20))
    run = read(database, tenant, run_id)
    assert (run.state, run.attempt, run.finished_at is not None) == (RunState.FAILED, 3, True)


def test_what_does_not_heal_ends_the_run_at_once(database: Database, tenant: Tenant, ledger: Ledger) -> None:
    run_id = insert_run(database, tenant)
    ledger.fail(claimed(ledger, run_id), QueryFailed("There is no such column."))
    run = read(database, tenant, run_id)
    assert (run.state, run.error_code, run.error_message) == (
        RunState.FAILED,
        "query_failed",
        "There is no such column.",
    )


def test_a_bug_is_named_without_its_details(database: Database, tenant: Tenant, ledger: Ledger) -> None:
    run_id = insert_run(database, tenant)
    ledger.fail(claimed(ledger, run_id), ZeroDivisionError("secret"))
    run = read(database, tenant, run_id)
    assert (run.state, run.error_code, run.error_message) == (RunState.FAILED, "unexpected", UNEXPECTED)


def test_a_run_that_stops_three_times_without_an_answer_fails(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger
) -> None:
    run_id = insert_run(database, tenant)
    for _ in range(3):
        claimed(ledger, run_id)
        clock.advance(timedelta(seconds=61))
    assert ledger.claim(run_id) is None
    run = read(database, tenant, run_id)
    assert (run.state, run.error_message) == (RunState.FAILED, "It stopped three times without an answer.")


def test_a_stopping_worker_hands_its_run_over_and_the_attempt_does_not_count(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger
) -> None:
    run = claimed(ledger, insert_run(database, tenant))
    with ledger.hold(run) as guard:
        ledger.release_all()
        assert guard.should_stop()
    with pytest.raises(LeaseLost):
        ledger.complete(run)
    assert jobs(database)[-1] == ("run", clock.now())
    again = claimed(new_ledger(database, clock), run.id)
    assert (again.attempt, again.lease_token) == (1, 2)


def test_cancelling_a_waiting_run_ends_it(database: Database, tenant: Tenant, ledger: Ledger) -> None:
    run_id = insert_run(database, tenant)
    cancel(database, tenant, ledger, run_id)
    assert read(database, tenant, run_id).state is RunState.CANCELLED
    assert ledger.claim(run_id) is None
    with pytest.raises(Conflict):
        cancel(database, tenant, ledger, run_id)


def test_cancelling_a_running_run_reaches_its_worker(database: Database, tenant: Tenant, ledger: Ledger) -> None:
    run = claimed(ledger, insert_run(database, tenant))
    with ledger.hold(run) as guard:
        cancel(database, tenant, ledger, run.id)
        assert read(database, tenant, run.id).state is RunState.RUNNING
        guard.beat()
        assert guard.should_stop()
        with pytest.raises(RunCancelled):
            guard.check()


def test_a_cancelled_run_whose_worker_died_is_cancelled_by_the_next(
    database: Database, tenant: Tenant, clock: FixedClock, ledger: Ledger
) -> None:
    run_id = insert_run(database, tenant)
    claimed(ledger, run_id)
    cancel(database, tenant, ledger, run_id)
    clock.advance(timedelta(seconds=61))
    assert ledger.claim(run_id) is None
    assert read(database, tenant, run_id).state is RunState.CANCELLED


def test_cancelling_while_delivering_stops_what_was_not_sent(
    database: Database, tenant: Tenant, ledger: Ledger
) -> None:
    run = claimed(ledger, insert_run(database, tenant, recipients=(ALICE, BOB)))
    ledger.start_deliveries(run, run.recipients)
    assert ledger.claim(run.id) is None, "a delivering run has no worker"
    cancel(database, tenant, ledger, run.id)
    after = read(database, tenant, run.id)
    assert after.state is RunState.CANCELLED
    assert {delivery.state for delivery in after.deliveries} == {DeliveryState.FAILED}


def test_outbox_rows_are_one_per_recipient_however_often_they_are_made(
    database: Database, tenant: Tenant, ledger: Ledger
) -> None:
    run = claimed(ledger, insert_run(database, tenant))
    with database.organization(tenant.organization_id) as session:
        first = delivery_repository.insert_deliveries(session, tenant.organization_id, run.id, (ALICE, BOB))
        again = delivery_repository.insert_deliveries(session, tenant.organization_id, run.id, (ALICE, BOB))
    assert (len(first), again) == (2, ())


def test_a_move_the_table_does_not_know_is_refused(database: Database, tenant: Tenant, ledger: Ledger) -> None:
    run = claimed(ledger, insert_run(database, tenant))
    ledger.complete(run)
    with database.organization(tenant.organization_id) as session, pytest.raises(ValueError, match="does not go"):
        run_repository.change_state(
            session, run.lease(), expected=RunState.COMPLETED, to=RunState.RUNNING, at=run.logical_at, message=""
        )


def test_another_organization_sees_nothing_of_a_run(
    database: Database, tenant: Tenant, make_organization: "type[Tenant]", ledger: Ledger
) -> None:
    run_id = insert_run(database, tenant)
    other = make_organization()
    with database.organization(other.organization_id) as session:
        page = run_reading.list_runs(session, RunFilter(), page=1, limit=10)
        assert (page.total, page.items) == (0, ())
    with database.organization(tenant.organization_id) as session:
        page = run_reading.list_runs(session, RunFilter(state=RunState.PENDING), page=1, limit=10)
        assert [run.id for run in page.items] == [run_id]
