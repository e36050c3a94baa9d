"""What the tests of the API and the services share: a running installation with a small demo file behind it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import duckdb
from sqlalchemy import URL, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from core.api.public_routes import public_routes
from core.api.saved_links import saved_links
from core.bootstrap import Broadsheet, build, build_daemon
from core.clock import FixedClock
from core.db import access_repository, dataset_repository, source_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import UserRow
from core.domain.access import BUILT_IN_ROLES
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin
from core.runs.press_process import ProcessPress
from core.services.daemon import DaemonService
from core.settings import load_settings
from tests.conftest import Tenant
from tests.integration.kept_api import KeptApi

SECRET_KEY = "a secret key of the tests, long enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Services, a daemon that works when it is told to, and HTTP clients."""

    broadsheet: Broadsheet
    make_daemon: Callable[[], DaemonService]  #: the same one each time
    clock: FixedClock
    client: TestClient

    @property
    def daemon(self) -> DaemonService:
        """Wired when a test asks for it, which most of them never do."""
        return self.make_daemon()

    def sign_in(self, tenant: Tenant) -> TestClient:
        """Return a client that carries the tenant's bearer token."""
        token = self.client.post(
            "/api/auth/token", json={"username": tenant.principal.email, "password": tenant.password}
        ).json()["access_token"]
        client = TestClient(self.client.app, raise_server_exceptions=False)
        client.headers["Authorization"] = f"Bearer {token}"
        return client


def start(
    folder: Path, urls: DatabaseUrls, clock: FixedClock, *, rate_limits: str = "on", quotas: str = ""
) -> Iterator[Installation]:
    """Build the services over a database and an empty data folder."""
    settings = load_settings(
        _env_file=None,
        data_dir=folder,
        database_url=urls.app.render_as_string(hide_password=False),
        secret_key=SECRET_KEY,
        port=8501,
        rate_limits=rate_limits,
        quotas=quotas,
    )
    make_orders(folder / "orders.duckdb", clock)
    with patch("core.bootstrap.parts.Database", _database):
        broadsheet = build(settings, clock)
    daemons: list[DaemonService] = []

    def make_daemon() -> DaemonService:
        if not daemons:
            with patch("core.bootstrap.daemon.ProcessPress", _press), patch("core.bootstrap.parts.Database", _database):
                daemons.append(build_daemon(settings, clock))
        return daemons[0]

    app = Starlette(routes=[*public_routes(broadsheet), Mount("/api", KeptApi(broadsheet))])
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Installation(broadsheet=broadsheet, make_daemon=make_daemon, clock=clock, client=client)
    for daemon in daemons:
        daemon.leave()
    broadsheet.close()


class _KeptPress(ProcessPress):
    """A press that goes on when a daemon leaves: the next one finds everything loaded. Ends with this process."""

    def close(self) -> None:
        """Nothing."""


@cache
def _database(url: URL) -> Database:
    """The same one each time, since it remembers the statements it compiled; closed, it connects again when asked."""
    return Database(url)


@cache
def _press(*, memory_mb: int) -> ProcessPress:
    return _KeptPress(memory_mb=memory_mb)


def make_orders(path: Path, clock: FixedClock) -> None:
    """Write 3,000 orders: one every hour up to now, with unicode, nulls and exact amounts."""
    path.write_bytes(_orders((clock.now() - timedelta(hours=1)).replace(tzinfo=None)))


@cache
def _orders(newest: datetime) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(
                """
                CREATE TABLE orders AS
                SELECT i AS order_id,
                       CAST(? AS TIMESTAMP) - i * INTERVAL 1 HOUR AS ordered_at,
                       CASE i % 4 WHEN 0 THEN 'España' WHEN 1 THEN 'Österreich' WHEN 2 THEN '日本' END AS country,
                       CAST(i % 50 AS DECIMAL(12, 2)) + 0.10 AS amount
                FROM range(3000) t(i)
                """,
                [newest],
            )
        return path.read_bytes()


def all_saved_links(parts: Broadsheet) -> list[Route]:
    """What screens save, as the app wires it."""
    return saved_links(
        audit=parts.audit,
        personal=parts.personal_data,
        sent=parts.sent,
        templates=parts.templates,
        branding=parts.branding,
        access=parts.access,
    )


def add_member(owner_session: Session, tenant: Tenant, *, role: str, name: str) -> Tenant:
    """Add somebody with the tenant's password to its organization."""
    email = f"{uuid4().hex[:8]}@example.com"
    hashed = owner_session.execute(select(UserRow.password_hash).where(UserRow.id == tenant.user_id)).scalar_one()
    user_id = access_repository.insert_user(
        owner_session,
        organization_id=tenant.organization_id,
        email=email,
        name=name,
        password_hash=hashed,
        role=role,
        timezone="UTC",
    )
    owner_session.commit()
    may = BUILT_IN_ROLES.get(role, frozenset())  # of a role of their own nothing is known here
    principal = replace(tenant.principal, user_id=user_id, email=email, name=name, role=role, permissions=may)
    return replace(tenant, user_id=user_id, principal=principal)


def insert_orders(database: Database, tenant: Tenant, new_id: Callable[[], Any]) -> Dataset:
    """Put the orders into a tenant's catalog."""
    with database.organization(tenant.organization_id) as session:
        source_id = source_repository.put_source(
            session,
            organization_id=tenant.organization_id,
            name="Shop",
            kind="duckdb",
            connection={"path": "orders.duckdb"},
        )
        dataset = Dataset(
            id=new_id(),
            organization_id=tenant.organization_id,
            source_id=source_id,
            name="orders",
            label="Orders",
            origin=TableOrigin(table_name="orders"),
            time_field="ordered_at",
            row_noun="orders",
            fields=(
                Field(name="order_id", label="Order", type=FieldType.INTEGER),
                Field(name="ordered_at", label="Ordered at", type=FieldType.DATETIME),
                Field(name="country", label="Country", type=FieldType.TEXT),
                Field(name="amount", label="Amount", type=FieldType.DECIMAL, is_measure=True),
            ),
        )
        dataset_repository.insert_dataset(session, dataset)
    return dataset


def side_by_side(work: Callable[[int], Any], count: int) -> list[Any]:
    """Return what each call returned or raised; all of them start together."""
    together = threading.Barrier(count)

    def one(number: int) -> Any:
        together.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001 - what was raised is what is asked
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
