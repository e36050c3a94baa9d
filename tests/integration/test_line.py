"""The line: which run is taken next, who may not starve whom, how many read a source, and who shares files."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from core.clock import FixedClock
from core.db import artifact_repository, run_inserting
from core.db.database import Database
from core.db.run_inserting import RunDraft
from core.db.tables import RunRow, SourceRow
from core.domain.run import RunKind, RunState
from core.runs.dispatch import Dispatch
from core.runs.endings import Endings
from core.runs.ledger import LEASE
from core.runs.sharing import Sharing
from core.runs.taking import Taking
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import ALICE, BOB, NOW, column, definition_of, insert_report, insert_run, jobs, minutes, read


def draft(tenant: Tenant, **changes: Any) -> RunDraft:
    first = RunDraft(
        organization_id=tenant.organization_id,
        kind=RunKind.BACKFILL,
        title="Weekly revenue",
        definition=definition_of(uuid4()),
        definition_sha256="0" * 64,
        requested_by=tenant.user_id,
        formats=("csv",),
        logical_at=NOW,
    )
    return replace(first, **changes)


def add(database: Database, tenant: Tenant, count: int, **changes: Any) -> tuple[UUID, ...]:
    with database.organization(tenant.organization_id) as session:
        return run_inserting.insert_runs(session, [draft(tenant, **changes)] * count, now=NOW)


def taken(stack: Stack, count: int) -> list[UUID]:
    """Whose runs are taken next."""
    runs = [stack.ledger.claim_next() for _ in range(count)]
    return [run.organization_id for run in runs if run is not None]


@pytest.fixture
def taking(stack: Stack) -> Taking:
    sharing = Sharing(stack.database, stack.clock, ledger=stack.ledger, endings=Endings(stack.database, stack.clock))
    return Taking(
        stack.database,
        ledger=stack.ledger,
        sharing=sharing,
        pipeline=stack.pipeline,
        deliver=stack.deliverer.deliver,
    )


def test_an_organization_with_many_runs_does_not_hold_up_one_with_few(
    stack: Stack, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    small = make_organization()
    add(stack.database, tenant, 300)
    assert taken(stack, 20) == [tenant.organization_id] * 20
    add(stack.database, small, 3)
    order = taken(stack, 8)
    assert order.count(small.organization_id) == 3
    assert small.organization_id in order[:2]


def test_a_newcomer_never_gets_more_than_its_share(
    stack: Stack, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    other = make_organization()
    add(stack.database, tenant, 10)
    order = []
    for _ in range(8):  # it asks for one more as soon as the last one was taken
        add(stack.database, other, 1)
        order += taken(stack, 2)
    assert order.count(tenant.organization_id) >= 7


def test_what_a_person_asked_for_comes_before_what_is_scheduled_and_that_before_the_past(
    stack: Stack, tenant: Tenant
) -> None:
    kinds = (RunKind.BACKFILL, RunKind.SCHEDULED, RunKind.EXPORT, RunKind.MANUAL, RunKind.TEST)
    for kind in kinds:
        add(stack.database, tenant, 1, kind=kind)
    order = [run.kind for run in iter(stack.ledger.claim_next, None)]
    assert order == [RunKind.EXPORT, RunKind.MANUAL, RunKind.TEST, RunKind.SCHEDULED, RunKind.BACKFILL]


def _one_source(database: Database, tenant: Tenant, *, limit: int) -> dict[str, Any]:
    insert_report(database, tenant)
    with database.organization(tenant.organization_id) as session:
        session.execute(update(SourceRow).values(connection={"max_connections": limit}, name="Sales"))
        return definition_of(session.execute(text("SELECT id FROM datasets")).scalar_one())


def test_a_source_takes_so_many_runs_at_one_time(stack: Stack, tenant: Tenant) -> None:
    definition = _one_source(stack.database, tenant, limit=2)
    waiting = add(stack.database, tenant, 5, definition=definition)
    (elsewhere,) = add(stack.database, tenant, 1)
    first, second, third = (stack.ledger.claim_next() for _ in range(3))
    assert first is not None
    assert second is not None
    assert third is not None
    assert {first.id, second.id} < set(waiting)
    assert third.id == elsewhere  # the line goes on behind those that wait for the source
    assert stack.ledger.claim_next() is None

    stack.recovery.sweep()
    left = next(run_id for run_id in waiting if run_id not in (first.id, second.id))
    assert column(stack.database, tenant, "waiting_for", left) == "Waiting for the source Sales: 2 reports read it now."
    assert column(stack.database, tenant, "attempt", left) == 0

    stack.ledger.fail(first, RuntimeError())
    following = stack.ledger.claim_next()
    assert following is not None
    assert following.id in waiting
    assert column(stack.database, tenant, "waiting_for", following.id) is None


def test_a_lapsed_lease_gives_its_place_at_the_source_back(stack: Stack, tenant: Tenant, clock: FixedClock) -> None:
    add(stack.database, tenant, 2, definition=_one_source(stack.database, tenant, limit=1))
    assert stack.ledger.claim_next() is not None
    assert stack.ledger.claim_next() is None
    clock.advance(timedelta(seconds=61))
    assert stack.ledger.claim_next() is not None


def test_a_run_that_was_put_off_comes_back_when_its_time_has_come(
    stack: Stack, tenant: Tenant, clock: FixedClock
) -> None:
    (run_id,) = add(stack.database, tenant, 1)
    run = stack.ledger.claim_next()
    assert run is not None
    stack.ledger.fail(run, TimeoutError())
    assert column(stack.database, tenant, "state", run_id) == "failed"  # what nobody knows is not tried again
    with stack.database.organization(tenant.organization_id) as session:
        session.execute(
            update(RunRow).values(state="waiting", finished_at=None, next_attempt_at=clock.now() + minutes(1))
        )
    assert stack.ledger.claim_next() is None
    clock.advance(minutes(1))
    assert stack.ledger.claim_next() is not None


def test_one_job_carries_out_many_runs_and_leaves_one_where_more_wait(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID]
) -> None:
    run_ids = [make_run(recipients=(), title=f"Report {number}") for number in range(23)]
    taking.take(run_ids[0])
    states = [read(stack, tenant, run_id).state for run_id in run_ids]
    assert states.count(RunState.COMPLETED) == 20
    assert [task for task, _ in jobs(stack.database)] == ["run"]
    taking.take(run_ids[0])
    assert {read(stack, tenant, run_id).state for run_id in run_ids} == {RunState.COMPLETED}


def test_a_worker_that_stops_takes_no_more(stack: Stack, tenant: Tenant, taking: Taking) -> None:
    (run_id,) = add(stack.database, tenant, 1)
    taking.stop()
    taking.take(run_id)
    assert read(stack, tenant, run_id).state is RunState.PENDING


def test_a_run_whose_worker_went_silent_is_carried_out_by_whoever_is_woken_for_it(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID], clock: FixedClock
) -> None:
    run_id = make_run(recipients=())
    assert stack.ledger.claim_next() is not None
    taking.take(run_id)
    assert read(stack, tenant, run_id).state is RunState.RUNNING
    clock.advance(timedelta(seconds=61))
    taking.take(run_id)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED


def test_the_sweep_queues_jobs_for_a_line_that_has_too_few(stack: Stack, tenant: Tenant, clock: FixedClock) -> None:
    add(stack.database, tenant, 400)
    clock.advance(timedelta(seconds=16))
    stack.recovery.sweep()
    assert len(jobs(stack.database)) == 20
    stack.recovery.sweep()
    assert len(jobs(stack.database)) == 20


def test_runs_that_ask_the_same_are_made_once_and_share_the_files(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID]
) -> None:
    first, second = make_run(recipients=(ALICE,)), make_run(recipients=(BOB,))
    taking.take(first)
    assert stack.executor.asked == 1
    runs = [read(stack, tenant, run_id) for run_id in (first, second)]
    assert [run.deliveries[0].address for run in runs] == ["alice@example.com", "bob@example.com"]
    files = [{artifact.storage_key for artifact in run.artifacts} for run in runs]
    assert files[0] == files[1] != set()
    assert runs[1].rows_delivered == runs[0].rows_delivered == 2
    assert any("another run of the same report" in event.message for event in runs[1].events)


def test_a_run_waits_for_the_one_that_is_being_made_and_is_woken_by_its_files(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID], clock: FixedClock
) -> None:
    first, second = make_run(recipients=()), make_run(recipients=())
    making = stack.ledger.claim_next()
    assert making is not None
    clock.advance(timedelta(seconds=1))
    taking.take(second)
    waiting = next(run_id for run_id in (first, second) if run_id != making.id)
    seen = read(stack, tenant, waiting)
    assert (seen.state, seen.attempt) == (RunState.WAITING, 0)
    assert column(stack.database, tenant, "waiting_for", waiting) == (
        "Waiting for another run of the same report, which is being made now."
    )
    stack.pipeline.carry_out(making)
    taking.take(waiting)
    assert stack.executor.asked == 1
    assert read(stack, tenant, waiting).state is RunState.COMPLETED
    assert column(stack.database, tenant, "waiting_for", waiting) is None


def test_a_run_does_the_work_itself_where_the_other_takes_longer_than_a_lease(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID], clock: FixedClock
) -> None:
    make_run(recipients=())
    second = make_run(recipients=())
    making = stack.ledger.claim_next()
    assert making is not None
    clock.advance(timedelta(seconds=1))
    taking.take(second)
    clock.advance(LEASE)
    with stack.database.organization(tenant.organization_id) as session:  # the other one is alive
        session.execute(update(RunRow).where(RunRow.id == making.id).values(lease_until=clock.now() + LEASE))
    taking.take(second)
    assert stack.executor.asked == 1
    assert read(stack, tenant, making.id).state is RunState.RUNNING


@pytest.mark.parametrize(
    "difference",
    [
        {"parameters": {"country": "DE"}},
        {"file_options": {"csv": {"delimiter": ";"}}},
        {"logical_at": NOW + minutes(1)},
        {"requested_by": None},
        {"formats": ("xlsx",)},
        {"title": "Another"},
        {"definition_sha256": "1" * 64},
    ],
)
def test_runs_that_differ_share_nothing(tenant: Tenant, difference: dict[str, Any]) -> None:
    one = draft(tenant)
    assert run_inserting.share_key_of(one) == run_inserting.share_key_of(replace(one, recipients=(BOB,)))
    assert run_inserting.share_key_of(one) != run_inserting.share_key_of(replace(one, **difference))


def test_files_that_were_removed_are_not_shared(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID], clock: FixedClock
) -> None:
    first = make_run(recipients=())
    taking.take(first)
    with stack.database.organization(tenant.organization_id) as session:
        for artifact in read(stack, tenant, first).artifacts:
            artifact_repository.mark_deleted(session, artifact.id, at=clock.now())
    taking.take(make_run(recipients=()))
    assert stack.executor.asked == 2


def test_rows_read_before_a_run_was_asked_for_are_not_its_rows(
    stack: Stack, taking: Taking, make_run: Callable[..., UUID], clock: FixedClock
) -> None:
    taking.take(make_run(recipients=()))
    clock.advance(minutes(2))
    taking.take(make_run(recipients=(), now=clock.now()))
    assert stack.executor.asked == 2


def test_runs_whose_terms_have_to_be_judged_share_nothing(database: Database, tenant: Tenant) -> None:
    run_id = insert_run(database, tenant, terms={"condition": {"kind": "not_empty"}})
    assert column(database, tenant, "share_key", run_id) is None


def test_a_delivery_that_touches_no_network_is_made_right_after_its_run(
    stack: Stack, tenant: Tenant, taking: Taking, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE,))
    stack.ledger.dispatch = Dispatch(near=frozenset({"email"}))
    taking.take(run_id)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED
    assert jobs(stack.database) == []
