"""What every test may ask for: a clock that stands still and, on first use, a real PostgreSQL with a template.

One server a test process, in a short folder of its own; it ends with that process, however that ends. Every test finds
the database empty: its rows are wiped before each test (2 ms, where a copy of the template takes 300 ms). Tests that
change the schema or the roles ask for a copy.
"""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import bcrypt
import hypothesis
import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from core.clock import FixedClock
from core.db import access_repository
from core.db.database import Database
from core.db.embedded import EmbeddedPostgres, start_embedded
from core.db.migrate import DatabaseUrls, migrate
from core.domain.access import BUILT_IN_ROLES, Principal
from tests.mariadb_server import MariaDbServer, mariadb_server

#: A busy machine is slow now and then; what takes long is a matter of the benches. The same examples each time.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")

APP_PASSWORD = "app-role-of-the-tests"
PASSWORD = "correct horse battery staple"
_PASSWORD_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4)).decode()
_numbers = itertools.count(1)
#: Files that take longest, the longest first: begun last, one of them would keep one worker busy while the others idle.
#: Files that mostly wait stand between files that mostly compute.
_BEGUN_FIRST = (
    "test_equal_everywhere.py",
    "test_kills.py",
    "test_press.py",
    "test_state_machine.py",
    "test_together.py",
    "test_sources.py",
    "test_recovery.py",
    "test_every_route.py",
    "test_schemas.py",
    "test_injection.py",
    "test_as_code.py",
    "test_silent_servers.py",
    "test_csv_lines.py",
    "test_burst_preview.py",
    "test_source_functions.py",
    "test_deciding.py",
    "test_launcher.py",
    "test_backup.py",
    "test_dashboards.py",
    "test_groups.py",
    "test_report_library.py",
    "test_checkup.py",
    "test_catalog_api.py",
    "test_demo_generator.py",
    "test_clickhouse_source.py",
    "test_embedded_postgres.py",
    "test_file_choices.py",
    "test_dataset_service.py",
    "test_api.py",
    "test_uploads.py",
    "test_workbook_templates.py",
    "test_poison_table.py",
    "test_pdf_memory.py",
    "test_smtp_faults.py",
    "test_answers.py",
    "test_installation.py",
    "test_words_property.py",
    "test_chart_images.py",
    "test_press_daemon.py",
    "test_source_csv.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays. Counts where xdist keeps the order (see `./test`)."""
    places = {name: place for place, name in enumerate(_BEGUN_FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Made once a process: each remembers the statements it compiled, which take longer than most tests."""

    app: Database
    owner: Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organization with one member."""

    organization_id: UUID
    user_id: UUID
    principal: Principal
    password: str


@pytest.fixture
def clock() -> FixedClock:
    """A Monday morning."""
    return FixedClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of this test process; its database `broadsheet` is migrated and serves as the template."""
    folder = Path(tempfile.mkdtemp(prefix="bs-"))
    server = start_embedded(folder)
    try:
        with _administrator(server) as connection:
            # Nobody mourns these rows: speed over durability. Nor do they need passwords that are slow to try.
            for name, value in _IN_A_HURRY.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SET scram_iterations = 1")
            for url in (server.administrator_url, server.owner_url):
                connection.execute(f"ALTER ROLE {url.username} PASSWORD '{url.password}'")
        migrate(server.owner_url, app_password=APP_PASSWORD)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDbServer]:
    """The MariaDB of this test process."""
    with mariadb_server() as server:
        yield server


@pytest.fixture(scope="session")
def wiper(postgres: EmbeddedPostgres) -> Iterator["Wiper"]:
    """Empties the database of this test process, time and again."""
    wiper = Wiper(postgres)
    yield wiper
    wiper.close()


@pytest.fixture
def empty_database(postgres: EmbeddedPostgres) -> Iterator[URL]:
    """The owner's URL of a database without any table."""
    yield from _fresh_database(postgres, template="template0")


@pytest.fixture
def database_copy(postgres: EmbeddedPostgres, wiper: "Wiper") -> Iterator[DatabaseUrls]:
    """Owner's and app's URL of a migrated database that the test may spoil."""
    wiper.close()  # who is connected keeps it from being copied
    for owner in _fresh_database(postgres, template="broadsheet"):
        yield _urls(owner)


@pytest.fixture
def database_urls(postgres: EmbeddedPostgres, wiper: "Wiper") -> DatabaseUrls:
    """Owner's and app's URL of the migrated database, without any row."""
    wiper.wipe()
    return _urls(postgres.owner_url)


@pytest.fixture(scope="session")
def engines(postgres: EmbeddedPostgres) -> "Engines":
    """The app's and the owner's way to the database."""
    urls = _urls(postgres.owner_url)
    assert urls.owner is not None
    return Engines(app=Database(urls.app, pool_size=5), owner=create_engine(urls.owner, poolclass=NullPool))


@pytest.fixture
def database(engines: "Engines", database_urls: DatabaseUrls) -> Iterator[Database]:
    """A fresh database as the app sees it: connected as its login role."""
    yield engines.app
    engines.app.dispose()


@pytest.fixture
def owner_session(engines: "Engines", database_urls: DatabaseUrls) -> Iterator[Session]:
    """A session of the owner on the same database; commit what others shall see."""
    with Session(engines.owner) as session:
        yield session


@pytest.fixture
def make_organization(owner_session: Session) -> Callable[..., Tenant]:
    """Insert an organization with the built-in roles and one member, who holds `role`."""

    def make(
        *, name: str | None = None, role: str = "installation_admin", email: str | None = None, timezone: str = "UTC"
    ) -> Tenant:
        number = next(_numbers)
        name = name or f"Organization {number}"
        email = email or f"person{number}@example.com"
        organization_id = access_repository.insert_organization(owner_session, name, timezone)
        user_id = access_repository.insert_user(
            owner_session,
            organization_id=organization_id,
            email=email,
            name=f"Person {number}",
            password_hash=_PASSWORD_HASH,
            role=role,
            timezone=timezone,
        )
        owner_session.commit()
        principal = Principal(
            user_id=user_id,
            organization_id=organization_id,
            email=email,
            name=f"Person {number}",
            organization=name,
            role=role,
            permissions=BUILT_IN_ROLES[role],
            timezone=timezone,
        )
        return Tenant(organization_id=organization_id, user_id=user_id, principal=principal, password=PASSWORD)

    return make


@pytest.fixture
def tenant(make_organization: Callable[..., Tenant]) -> Tenant:
    """One organization with an administrator."""
    return make_organization()


_IN_A_HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "scram_iterations": "1"}
_END_SESSIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'broadsheet' AND pid <> pg_backend_pid()
"""
#: As replica, foreign keys do not ask for an order.
_WIPE = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END;
$$
"""


class Wiper:
    """Ends what a test left running in the database and deletes its rows; keeps its connection from test to test."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._kept: psycopg.Connection[tuple[object, ...]] | None = None

    def wipe(self) -> None:
        if self._kept is None:
            self._kept = _administrator(self._server, database="broadsheet")
        self._kept.execute(_END_SESSIONS)
        self._kept.execute(_WIPE)

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _urls(owner: URL) -> DatabaseUrls:
    return DatabaseUrls(owner=owner, app=owner.set(username="broadsheet_app", password=APP_PASSWORD))


def _fresh_database(server: EmbeddedPostgres, *, template: str) -> Iterator[URL]:
    name = f"test_{next(_numbers)}"
    with _administrator(server) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER broadsheet_owner")
    yield server.owner_url.set(database=name)
    with _administrator(server) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _administrator(server: EmbeddedPostgres, *, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
    url = server.administrator_url.set(drivername="postgresql", database=database)
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
