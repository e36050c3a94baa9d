"""The daemon's duties one by one, and the workers on a real queue."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text

from core.clock import FixedClock
from core.db.database import Database
from core.db.queue import defer_run
from core.db.tables import DaemonRow, RunRow
from core.errors import DatabaseUnavailable
from scheduler_daemon import performing
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import NOW, insert_report, insert_schedule, jobs


@pytest.fixture
def stack(database: Database, clock: FixedClock, tmp_path: Path) -> Stack:
    return Stack(database=database, clock=clock, folder=tmp_path)


def seen(database: Database) -> list[tuple[object, ...]]:
    with database.installation() as session:
        return [tuple(row) for row in session.execute(select(DaemonRow.process_id, DaemonRow.seen_at))]


def test_a_daemon_says_that_it_lives_and_says_goodbye(stack: Stack, clock: FixedClock, database: Database) -> None:
    with database.installation() as session:
        session.execute(
            insert(DaemonRow).values(
                id=uuid4(), host="gone", process_id=1, started_at=NOW, seen_at=NOW - timedelta(days=2)
            )
        )
    daemon = stack.daemon()
    daemon.heartbeat()
    clock.advance(timedelta(seconds=5))
    daemon.heartbeat()
    assert seen(database) == [(os.getpid(), clock.now())], "one row a daemon; the long silent are forgotten"
    daemon.leave()
    assert seen(database) == []


def test_workers_carry_a_slot_from_the_plan_to_its_mail(stack: Stack, tenant: Tenant, database: Database) -> None:
    insert_schedule(database, tenant, insert_report(database, tenant), next_run_at=NOW)
    daemon = stack.daemon()
    assert daemon.plan() == 1
    assert daemon.sweep() == 0

    def state() -> str:
        with database.organization(tenant.organization_id) as session:
            return session.execute(select(RunRow.state)).scalar_one()

    async def work() -> bool:
        stopping = asyncio.Event()
        working = asyncio.create_task(daemon.work(stopping, grace_s=10))
        async with asyncio.timeout(30):
            while await asyncio.to_thread(state) != "completed":  # noqa: ASYNC110 - the state is in the database
                await asyncio.sleep(0.05)
        stopping.set()
        return await working

    assert asyncio.run(work()), "nothing was left to hand over"
    assert len(stack.channel.accepted()) == 1


def test_wake_ups_of_dead_workers_are_cleared_away(stack: Stack, database: Database) -> None:
    with database.installation() as session:
        defer_run(session, uuid4())
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        defer_run(session, uuid4())
    stack.daemon().retain()
    assert jobs(database) == [("run", None)]


def test_old_spools_are_cleared_away(stack: Stack, clock: FixedClock) -> None:
    spool = stack.folder / "spool"
    for name, age in (("old.arrow", timedelta(days=2)), ("new.arrow", timedelta(hours=1))):
        (spool / name).write_bytes(b"")
        at = (clock.now() - age).timestamp()
        os.utime(spool / name, (at, at))
    stack.daemon().retain()
    assert [path.name for path in spool.iterdir()] == ["new.arrow"]


def test_a_duty_that_fails_is_logged_and_the_clock_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def plan() -> None:
        raise DatabaseUnavailable

    def sweep() -> None:
        raise ZeroDivisionError

    performing(plan)()
    performing(sweep)()
    assert "database_unavailable duty=plan" in caplog.text
    assert "duty_failed duty=sweep" in caplog.text
