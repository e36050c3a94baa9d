"""What the bench of schedules works on: an installation of its own, small reports, and daemons that carry them out."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import duckdb
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core.bootstrap import prepare
from core.clock import SystemClock
from core.db.database import Database
from core.db.embedded import start_embedded
from core.db.tables import DatasetRow, SourceRow
from core.settings import Settings, load_settings

#: Rows of the report that is made thousands of times.
ROWS = 200
_DEFINITION = (
    """jsonb_build_object('dataset_id', CAST(:dataset_id AS text), 'columns', jsonb_build_array('id', 'city'),"""
    """ 'timezone', 'UTC', 'limit', 1000)"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An installation: its database as the app's role and as the owner sees it, and whose the schedules are."""

    settings: Settings
    database: Database
    owner: Database
    server_pid: int
    organization_id: UUID
    user_id: UUID
    dataset_id: UUID

    def add_schedules(self, count: int, *, due_at: datetime) -> None:
        """Add `count` reports of their own, each with a daily schedule that sends a CSV to a folder."""
        values = {
            "count": count,
            "organization_id": self.organization_id,
            "user_id": self.user_id,
            "dataset_id": self.dataset_id,
            "due_at": due_at,
        }
        with self.owner.installation() as session:
            session.execute(text(_ADD_SCHEDULES), values)

    def clear(self) -> None:
        """Remove every schedule, run and job."""
        with self.owner.installation() as session:
            for table in ("runs", "schedules", "report_versions", "reports", "procrastinate_jobs"):
                session.execute(text(f"TRUNCATE {table} CASCADE"))

    def count(self, statement: str) -> int:
        """What one counting statement of the owner answers."""
        with self.owner.installation() as session:
            number: int = session.execute(text(statement)).scalar_one()
            return number


_ADD_SCHEDULES = f"""
WITH made AS (
    INSERT INTO reports (organization_id, owner_id, dataset_id, name, version)
    SELECT :organization_id, :user_id, :dataset_id, 'Cities ' || n, 1 FROM generate_series(1, :count) AS n
    RETURNING id, organization_id, owner_id
), versions AS (
    INSERT INTO report_versions (organization_id, report_id, version, definition, definition_sha256, saved_by)
    SELECT organization_id, id, 1, {_DEFINITION}, repeat('0', 64), owner_id FROM made
)
INSERT INTO schedules (organization_id, report_id, owner_id, name, config, recipients, formats, misfire, next_run_at)
SELECT organization_id, id, owner_id, 'Every day',
    jsonb_build_object('cadence', 'daily', 'timezone', 'UTC', 'time', to_char(:due_at AT TIME ZONE 'UTC', 'HH24:MI')),
    '[{{"channel": "folder", "address": "cities", "role": "to"}}]'::jsonb, ARRAY['csv'], 'latest', :due_at
FROM made
"""


@contextmanager
def site() -> Iterator[Site]:
    """A fresh installation on an embedded PostgreSQL with durable commits, in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    server = start_embedded(folder)
    try:
        settings = load_settings(
            _env_file=None,
            data_dir=folder,
            database_url=server.owner_url.set(drivername="postgresql").render_as_string(hide_password=False),
            admin_password="a password for benches",
        )
        urls, _ = prepare(settings)
        owner, database = Database(server.owner_url), Database(urls.app)
        try:
            with owner.installation() as session:
                session.execute(text("UPDATE schedules SET is_active = false"))
                yield_values = _insert_source(session, folder)
            yield Site(settings=settings, database=database, owner=owner, server_pid=server.pid, **yield_values)
        finally:
            owner.dispose()
            database.dispose()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _insert_source(session: Session, folder: Path) -> dict[str, UUID]:
    """A DuckDB file with one small table and its dataset, in the first organization."""
    path = folder / "cities.duckdb"
    with duckdb.connect(path) as connection:
        connection.sql(f"CREATE TABLE cities AS SELECT i AS id, 'City ' || i AS city FROM range({ROWS}) AS numbers(i)")
    organization_id, user_id = session.execute(text("SELECT organization_id, user_id FROM memberships LIMIT 1")).one()
    source_id = session.execute(
        insert(SourceRow)
        .values(
            organization_id=organization_id,
            name="Cities",
            kind="duckdb",
            connection={"path": str(path), "max_connections": 16},
        )
        .returning(SourceRow.id)
    ).scalar_one()
    fields = [
        {"name": name, "label": name.title(), "type": kind} for name, kind in (("id", "integer"), ("city", "text"))
    ]
    dataset_id = session.execute(
        insert(DatasetRow)
        .values(
            organization_id=organization_id,
            source_id=source_id,
            name="cities",
            label="Cities",
            content={"origin": {"table_name": "cities"}, "row_noun": "cities", "fields": fields},
        )
        .returning(DatasetRow.id)
    ).scalar_one()
    return {"organization_id": organization_id, "user_id": user_id, "dataset_id": dataset_id}


@contextmanager
def daemons(site: Site, count: int, *, workers: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Start daemons on the site; each writes its log to `daemon-N.log`."""
    environment = os.environ | {
        "DATA_DIR": str(site.settings.data_dir),
        "DATABASE_URL": site.settings.database_url.get_secret_value() if site.settings.database_url else "",
        "WORKERS": str(workers),
    }
    started = []
    try:
        for number in range(count):
            with log_of(site, number).open("wb") as log:
                started.append(
                    subprocess.Popen(
                        [sys.executable, "scheduler_daemon.py"],
                        cwd=Path(__file__).parents[1],
                        env=environment,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                    )
                )
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def log_of(site: Site, number: int) -> Path:
    """Where a daemon writes its log."""
    return site.settings.data_dir / f"daemon-{number}.log"


def now() -> datetime:
    """The machine's time."""
    return SystemClock().now()
