"""The daemon's duties one by one, and the workers on a real queue."""

import asyncio
import logging
import os
from datetime import timedelta
from uuid import uuid4

import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import insert, select, text

from core.clock import FixedClock
from core.db.database import Database
from core.db.queue import defer_run
from core.db.tables import DaemonRow, RunRow
from core.errors import DatabaseUnavailable
from core.runs.workers import Workers
from scheduler_daemon import performing, quieten, without_outage_traceback
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import NOW, insert_report, insert_schedule, jobs


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


def test_leaving_while_the_database_is_away_is_said_once_and_closes(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = stack.daemon()
    closed: list[bool] = []
    monkeypatch.setattr(daemon, "_close", lambda: closed.append(True))

    def refuse() -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(stack.database, "installation", refuse)
    daemon.leave()
    assert closed == [True]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.records[0].exc_info is None


def test_workers_that_cannot_open_the_queue_end_the_daemon(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_workers: Workers) -> None:
        raise ConnectorException

    monkeypatch.setattr(Workers, "serve", refuse)
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(stack.daemon().work(asyncio.Event(), grace_s=1))


def test_an_outage_is_logged_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outcomes = iter([DatabaseUnavailable(), DatabaseUnavailable(), None, DatabaseUnavailable()])

    def plan() -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    tick = performing(plan)
    for _ in range(4):
        tick()
    assert [record.getMessage().partition(" ")[0] for record in caplog.records] == [
        "database_unavailable",
        "database_is_back",
        "database_unavailable",
    ]


def test_a_tick_that_waits_for_its_predecessor_is_no_news_and_a_failure_is() -> None:
    names = ("apscheduler", "psycopg.pool", "procrastinate", "kaleido", "choreographer")
    levels = {name: logging.getLogger(name).level for name in names}
    try:
        quieten()
        for name in ("apscheduler.scheduler", "apscheduler.executors.default"):
            assert logging.getLogger(name).getEffectiveLevel() == logging.ERROR
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for handler in logging.getLogger().handlers:
            handler.removeFilter(without_outage_traceback)


def test_a_duty_that_fails_is_logged_and_the_clock_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def plan() -> None:
        raise DatabaseUnavailable

    def sweep() -> None:
        raise ZeroDivisionError

    performing(plan)()
    performing(sweep)()
    assert "database_unavailable duty=plan" in caplog.text
    assert "duty_failed duty=sweep" in caplog.text
