"""Daemons as real processes on a real PostgreSQL: killed at every step, stopped in the middle, two at once."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from core.db import access_repository
from core.db.database import Database
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.db.migrate import migrate
from core.db.tables import DaemonRow, DeliveryRow, RunRow
from core.domain.access import BUILT_IN_ROLES, Principal
from core.runs import failpoints
from tests.conftest import APP_PASSWORD, Tenant
from tests.failpoints import StandInChannel, serve
from tests.run_parts import insert_report, insert_schedule

#: Longer than any pause of a busy machine: who lives keeps its lease, and that of a dead one is ended by `lapse`.
LEASE_S = 60
PATIENCE_S = 100.0
#: The grace of a daemon here and its goodbye are three seconds; the rest is for a busy machine.
STOP_S = 20.0


#: Forks from a server that has imported everything once: a daemon is there at once, and is a process of its own.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.failpoints"])


class Daemons:
    """Starts daemons and ends every one of them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._url = database.engine.url.render_as_string(hide_password=False)
        self._folder = folder
        self._started: list[Any] = []

    def start(self, *, failpoint: str | None = None, query_s: float = 0.0) -> Any:
        log = self._folder / f"daemon-{len(self._started)}.log"
        process = PROCESSES.Process(
            target=serve, args=(self._url, self._folder, LEASE_S, failpoint, query_s, log), daemon=True
        )
        process.start()
        self._started.append(process)
        return process

    def exit_code(self, process: Any) -> int | None:
        process.join(PATIENCE_S)
        code: int | None = process.exitcode
        return code

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.join()
            process.close()

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("daemon-*.log")))


@pytest.fixture
def daemons(database: Database, tmp_path: Path) -> Iterator[Daemons]:
    daemons = Daemons(database, tmp_path)
    yield daemons
    daemons.end()


@pytest.fixture
def channel(tmp_path: Path) -> StandInChannel:
    """Reads what the daemons' channels accepted."""
    return StandInChannel(tmp_path / "accepted")


def wait_until(condition: Callable[[], bool], daemons: Daemons) -> None:
    """Look until it is so; the processes under test keep their own time."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come to that in {PATIENCE_S} s:\n{daemons.logs()[-4000:]}")
        pause.wait(0.1)


def columns(database: Database, tenant: Tenant, *wanted: Any) -> list[Any]:
    with database.organization(tenant.organization_id) as session:
        return list(session.execute(select(*wanted)).all())


def run_states(database: Database, tenant: Tenant) -> list[str]:
    return [row.state for row in columns(database, tenant, RunRow.state)]


def all_ended(database: Database, tenant: Tenant, count: int = 1) -> Callable[[], bool]:
    def ended() -> bool:
        finished = [row.finished_at for row in columns(database, tenant, RunRow.finished_at)]
        return len(finished) >= count and None not in finished

    return ended


def lapse(database: Database, tenant: Tenant) -> None:
    """Let the time pass until no lease holds any more."""
    with database.organization(tenant.organization_id) as session:
        for row in (RunRow, DeliveryRow):
            session.execute(update(row).where(row.lease_until.is_not(None)).values(lease_until=datetime.now(UTC)))


def due_now(database: Database, tenant: Tenant, report_id: UUID) -> UUID:
    return insert_schedule(database, tenant, report_id, next_run_at=datetime.now(UTC).replace(microsecond=0))


@pytest.mark.parametrize("failpoint", failpoints.ALL)
def test_a_run_survives_a_kill_at_every_step(
    database: Database, tenant: Tenant, daemons: Daemons, channel: StandInChannel, failpoint: str
) -> None:
    due_now(database, tenant, insert_report(database, tenant))
    killed = daemons.start(failpoint=failpoint)
    assert daemons.exit_code(killed) == -signal.SIGKILL, daemons.logs()
    lapse(database, tenant)
    daemons.start()
    wait_until(all_ended(database, tenant), daemons)

    assert run_states(database, tenant) == ["completed"], "one run for the slot"
    assert [row.state for row in columns(database, tenant, DeliveryRow.state)] == ["sent"]
    accepted = channel.accepted()
    times = 2 if failpoint in (failpoints.ACCEPTED, failpoints.SENT) else 1
    assert accepted == [accepted[0]] * times, "again only where nobody could know, and then under the same reference"
    with database.organization(tenant.organization_id) as session:
        unknown = session.execute(
            select(func.count()).select_from(DeliveryRow).where(DeliveryRow.attempt == 2)
        ).scalar_one()
    assert unknown == (1 if failpoint in (failpoints.SENDING, failpoints.ACCEPTED, failpoints.SENT) else 0)


def test_two_daemons_at_once_do_everything_once(
    database: Database, tenant: Tenant, daemons: Daemons, channel: StandInChannel
) -> None:
    report_id = insert_report(database, tenant)
    schedules = {due_now(database, tenant, report_id) for _ in range(20)}
    daemons.start()
    daemons.start()
    wait_until(all_ended(database, tenant, len(schedules)), daemons)

    rows = columns(database, tenant, RunRow.schedule_id, RunRow.state, RunRow.attempt)
    assert {row.schedule_id for row in rows} == schedules, "none is missing"
    assert [(row.state, row.attempt) for row in rows] == [("completed", 1)] * len(schedules), "none is double"
    references = [line["reference"] for line in channel.accepted()]
    assert len(references) == len(set(references)) == len(schedules)


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server that a test may stop."""
    server = start_embedded(tmp_path_factory.mktemp("own"))
    yield server
    server.stop()


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_a_daemon_whose_database_went_away_stops_in_time_and_quietly(
    own_server: EmbeddedPostgres, tmp_path: Path, state: str
) -> None:
    migrate(own_server.owner_url, app_password=APP_PASSWORD)
    app_url = own_server.owner_url.set(username="broadsheet_app", password=APP_PASSWORD)
    database = Database(app_url)
    daemons = Daemons(database, tmp_path)
    try:
        process = daemons.start(query_s=300)
        wait_until(lambda: _count(database, DaemonRow) == 1, daemons)
        if state == "busy":
            _give_work(own_server, database)
            wait_until(lambda: "run_claimed" in daemons.logs(), daemons)
        database.dispose()
        own_server.stop()
        wait_until(lambda: "database_unavailable" in daemons.logs(), daemons)
        began = time.monotonic()
        process.terminate()
        assert daemons.exit_code(process) == 0, daemons.logs()
        assert time.monotonic() - began < STOP_S
        assert "Traceback" not in daemons.logs()
    finally:
        daemons.end()


def _count(database: Database, table: Any) -> int:
    with database.installation() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def _give_work(server: EmbeddedPostgres, database: Database) -> None:
    engine = create_engine(server.owner_url, poolclass=NullPool)
    with Session(engine) as session:
        organization_id = access_repository.insert_organization(session, "Own", "UTC")
        user_id = access_repository.insert_user(
            session,
            organization_id=organization_id,
            email="own@example.com",
            name="Own",
            password_hash="none",
            role="installation_admin",
            timezone="UTC",
        )
        session.commit()
    principal = Principal(
        user_id=user_id,
        organization_id=organization_id,
        email="own@example.com",
        name="Own",
        organization="Own",
        role="installation_admin",
        permissions=BUILT_IN_ROLES["installation_admin"],
        timezone="UTC",
    )
    tenant = Tenant(organization_id=organization_id, user_id=user_id, principal=principal, password="none")
    due_now(database, tenant, insert_report(database, tenant))


def test_a_daemon_that_is_asked_to_stop_hands_its_run_over_at_once(
    database: Database, tenant: Tenant, daemons: Daemons, channel: StandInChannel
) -> None:
    due_now(database, tenant, insert_report(database, tenant))
    busy = daemons.start(query_s=300)
    wait_until(lambda: run_states(database, tenant) == ["running"], daemons)
    busy.terminate()
    assert daemons.exit_code(busy) == 0, daemons.logs()
    assert run_states(database, tenant) == ["waiting"]

    idle = daemons.start()
    wait_until(all_ended(database, tenant), daemons)
    assert [(row.state, row.attempt) for row in columns(database, tenant, RunRow.state, RunRow.attempt)] == [
        ("completed", 1)
    ]
    assert len(channel.accepted()) == 1
    idle.terminate()
    assert daemons.exit_code(idle) == 0, daemons.logs()
    with database.installation() as session:
        assert session.execute(select(DaemonRow.id)).all() == [], "both said goodbye"
