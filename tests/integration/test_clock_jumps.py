"""A clock that jumps, by a second, an hour or a year, in both directions: nothing fires twice, no lease breaks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import FixedClock
from core.db.database import Database
from core.db.tables import RunRow
from core.domain.run import RunState
from core.runs.guard import Guard
from core.runs.planner import Planner
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import NOW, insert_report, insert_schedule, jobs, read

SECOND, HOUR, YEAR = timedelta(seconds=1), timedelta(hours=1), timedelta(days=365)
JUMPS = [SECOND, HOUR, YEAR, -SECOND, -HOUR, -YEAR]


def slots(database: Database, tenant: Tenant) -> list[datetime]:
    with database.organization(tenant.organization_id) as session:
        statement = select(RunRow.scheduled_for).where(RunRow.state == "pending").order_by(RunRow.scheduled_for)
        return [slot for slot in session.execute(statement).scalars() if slot is not None]


@pytest.mark.parametrize("jump", JUMPS)
def test_no_slot_fires_twice_and_those_to_come_still_do(
    database: Database, tenant: Tenant, clock: FixedClock, jump: timedelta
) -> None:
    insert_schedule(database, tenant, insert_report(database, tenant), next_run_at=NOW)
    planner = Planner(database, clock)
    planner.plan()
    clock.jump(jump)
    planner.plan()
    clock.jump(-jump)
    planner.plan()
    clock.advance(timedelta(days=1))
    planner.plan()
    fired = slots(database, tenant)
    assert len(fired) == len(set(fired))
    assert {NOW, NOW + timedelta(days=1)} <= set(fired)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_run_that_is_worked_on_keeps_its_lease(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], clock: FixedClock, jump: timedelta
) -> None:
    run_id = make_run(recipients=())
    run = stack.ledger.claim(run_id)
    assert run is not None
    with stack.ledger.hold(run) as guard:
        clock.jump(jump)
        stack.recovery.sweep()  # this process saw the clock jump as well
        assert jobs(stack.database) == []
        assert stack.ledger.claim_next() is None
        guard.beat()
        guard.check()
        stack.recovery.sweep()
        assert stack.ledger.claim(run_id) is None
    stack.pipeline.carry_out(run)
    assert read(stack, tenant, run_id).state is RunState.COMPLETED


@pytest.mark.parametrize("jump", JUMPS)
def test_a_run_whose_worker_died_is_found_all_the_same(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], clock: FixedClock, jump: timedelta
) -> None:
    run_id = make_run(recipients=())
    assert stack.ledger.claim(run_id) is not None
    clock.jump(jump)
    stack.recovery.sweep()
    clock.advance(timedelta(seconds=121))  # a lease after the jump was noticed, and one more
    stack.recovery.sweep()
    assert stack.ledger.claim(run_id) is not None


@pytest.mark.parametrize("jump", JUMPS)
def test_the_time_a_run_may_take_is_that_which_passed(clock: FixedClock, jump: timedelta) -> None:
    until = clock.now() + timedelta(minutes=1)
    guard = Guard(lambda: (until, None), clock=clock, lease_until=until, deadline=until, every_s=60, name="one")
    clock.jump(jump)
    assert guard.seconds_left() == 60
