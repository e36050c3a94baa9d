"""What the harness kills: an installation of its own, with its PostgreSQL, its daemons and the sinks they send to."""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import duckdb
import psutil
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from core.db import access_repository
from core.db.migrate import migrate
from tests.harness.daemon import PROCESSES, Order, pace, serve
from tests.harness.database import KilledPostgres, keep_database
from tests.harness.sinks import MailSink

_PASSWORD = "app-role-of-the-harness"
SECRET_KEY = "a secret key for the harness, long enough"
#: Whose schedules these are; the daemons write there of what went wrong.
OWNER = "owner@example.com"
_ROWS = 20
#: A mutant does without it.
_UNIQUE_SLOT = (
    "CREATE UNIQUE INDEX IF NOT EXISTS uq_runs_slot ON runs (schedule_id, scheduled_for) WHERE kind = 'scheduled'"
)


@dataclass(slots=True, kw_only=True)
class Daemon:
    """A daemon's process and its log."""

    process: Any
    log: Path
    exit_code: int | None = None  #: known once somebody looked after its end

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended; a stopped one lives."""
        if self.exit_code is None and not self.process.is_alive():
            self.exit_code = self.process.exitcode
            self.process.close()
        return self.exit_code is None

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until it has ended."""
        if self.is_alive:
            self.process.join(timeout_s)

    @property
    def is_stopped(self) -> bool:
        """Whether a signal made it stand still."""
        return self.is_alive and psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; False where it has ended already."""
        if not self.is_alive:
            return False
        os.kill(self.process.pid, number)
        return True

    def says(self, words: str) -> bool:
        """Whether its log has these words."""
        return self.log.exists() and words in self.log.read_text()


@dataclass(kw_only=True)
class Site:
    """One installation with one organization and one small dataset."""

    folder: Path
    server: KilledPostgres
    mails: MailSink
    daemons: list[Daemon] = field(default_factory=list)
    pace: float = field(default_factory=pace)  #: how many times longer than on a quiet machine things take
    organization_id: UUID = field(init=False)
    user_id: UUID = field(init=False)
    dataset_id: UUID = field(init=False)

    @property
    def delivered(self) -> Path:
        """The folder sink."""
        return self.folder / "delivered"

    def environment(self) -> dict[str, str]:
        """The settings of every daemon."""
        app = self.server.owner_url.set(drivername="postgresql", username="broadsheet_app", password=_PASSWORD)
        return {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": app.render_as_string(hide_password=False),
            "SECRET_KEY": SECRET_KEY,
            "SMTP_HOST": self.mails.host,
            "SMTP_PORT": str(self.mails.port),
            "SMTP_SECURITY": "none",
            "ALLOW_PRIVATE_HOSTS": self.mails.host,
            "DELIVERY_FOLDERS": str(self.delivered),
            "RUN_MAX_ATTEMPTS": "20",
            "WORKERS": "2",
        }

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """What the database answers, past row-level security."""
        return self.rows_of(statement, values or None)

    def rows_of(self, statement: str, values: Any) -> list[dict[str, Any]]:
        """The same with values by name."""
        url = self.server.administrator_url.set(drivername="postgresql")
        with psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, row_factory=dict_row
        ) as connection:
            cursor = connection.execute(statement, values)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def start(self, *, failpoint: str | None = None, mutant: str | None = None) -> Daemon:
        """Start one more daemon."""
        log = self.folder / f"daemon-{len(self.daemons)}.log"
        order = Order(environment=self.environment(), log=log, failpoint=failpoint, mutant=mutant, pace=self.pace)
        process = PROCESSES.Process(target=serve, args=(order,), daemon=True)
        process.start()
        self.daemons.append(Daemon(process=process, log=log))
        return self.daemons[-1]

    def end_daemons(self) -> None:
        """Kill those that are left."""
        for daemon in self.daemons:
            daemon.signal(signal.SIGKILL)
            daemon.join()

    def clear(self) -> None:
        """Forget every order and all that came of it."""
        self.end_daemons()
        self.daemons.clear()
        self.rows("TRUNCATE runs, schedules, reports, report_versions, procrastinate_jobs, daemons CASCADE")
        self.rows(_UNIQUE_SLOT)
        self.mails.mails.clear()
        shutil.rmtree(self.delivered, ignore_errors=True)
        for log in self.folder.glob("daemon-*.log"):
            log.unlink()

    def furnish(self) -> None:
        """Make the organization, its member and a dataset of a few rows."""
        engine = create_engine(self.server.owner_url, poolclass=NullPool)
        with Session(engine) as session:
            self.organization_id = access_repository.insert_organization(session, "Harness", "UTC")
            self.user_id = access_repository.insert_user(
                session,
                organization_id=self.organization_id,
                email=OWNER,
                name="Owner",
                password_hash="none",
                role="installation_admin",
                timezone="UTC",
            )
            session.commit()
        path, source_id, self.dataset_id = self.folder / "cities.duckdb", uuid4(), uuid4()
        with duckdb.connect(path) as connection:
            connection.sql(f"CREATE TABLE cities AS SELECT i AS id, 'City ' || i AS city FROM range({_ROWS}) AS n(i)")
        self.rows(
            "INSERT INTO sources (id, organization_id, name, kind, connection) VALUES (%s, %s, 'Cities', 'duckdb', %s)",
            source_id,
            self.organization_id,
            Jsonb({"path": str(path), "max_connections": 16}),
        )
        fields = [{"name": n, "label": n.title(), "type": t} for n, t in (("id", "integer"), ("city", "text"))]
        self.rows(
            "INSERT INTO datasets (id, organization_id, source_id, name, label, content, checked_at) "
            "VALUES (%s, %s, %s, 'cities', 'Cities', %s, now())",
            self.dataset_id,
            self.organization_id,
            source_id,
            Jsonb({"origin": {"table_name": "cities"}, "row_noun": "cities", "fields": fields}),
        )


@contextmanager
def harness_site(prefix: str = "kill-") -> Iterator[Site]:
    """An installation in a folder that is gone afterwards; its server survives nothing but kills of processes."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    ours, theirs = multiprocessing.Pipe()
    keeper = PROCESSES.Process(target=keep_database, args=(folder, theirs))
    keeper.start()
    theirs.close()
    server = KilledPostgres(keeper, ours)
    try:
        with MailSink() as mails:
            site = Site(folder=folder, server=server, mails=mails)
            try:
                migrate(server.owner_url, app_password=_PASSWORD)
                site.furnish()
                yield site
            finally:
                site.end_daemons()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(condition: Callable[[], bool], patience_s: float, *, look_s: float = 0.1) -> bool:
    """Look until it is so; False where it is not in time. Processes under test keep their own time."""
    pause, until = threading.Event(), time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > until:
            return False
        pause.wait(look_s)
    return True
