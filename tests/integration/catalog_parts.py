"""What the tests of the catalog share: a shop in a DuckDB file, and services over it."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from core.clock import FixedClock
from core.db import report_repository
from core.db.database import Database
from core.domain.access import BUILT_IN_ROLES, Principal
from core.domain.catalog import SourceDraft
from core.domain.dataset import Dataset
from core.domain.definition_json import parse_definition
from core.domain.relation import TableOrigin
from core.query.executor import QueryExecutor
from core.runs.missing_fields import MissingFields
from core.secrets import SecretBox
from core.services.catalog import CatalogService
from core.services.catalog_watch import CatalogWatch
from core.services.connections import Connections
from core.services.datasets import DatasetService
from core.services.library import LibraryService
from core.services.reports import ReportService
from core.services.sources import SourceService
from core.settings import load_settings
from tests.conftest import Tenant
from tests.failpoints import StandInChannel

KEY = "a secret key of the tests, long enough"
ORDERS = TableOrigin(table_name="orders")
SHOP = """
CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY, name VARCHAR, country VARCHAR, born_on DATE
);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER REFERENCES customers (customer_id),
    ordered_at TIMESTAMP,
    status VARCHAR,
    amount DECIMAL(12, 2)
);
INSERT INTO customers VALUES (1, 'Ana', 'ES', '1990-05-01'), (2, 'Bo', 'SE', NULL), (3, 'Chi', NULL, '2001-01-31');
INSERT INTO orders VALUES
    (1, 1, '2026-11-20 10:00', 'paid', 10.50),
    (2, 1, '2026-11-21 11:00', 'open', 20.00),
    (3, 2, '2026-11-22 12:00', 'paid', NULL),
    (4, NULL, '2026-11-22 13:00', 'paid', 5.25);
"""


def make_shop(path: Path) -> Path:
    """Write the shop."""
    change_shop(path, SHOP)
    return path


def change_shop(path: Path, sql: str) -> None:
    """Change the shop behind everybody: the new file takes the old one's place, as loads do it."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    if path.exists():
        fresh.write_bytes(path.read_bytes())
    with duckdb.connect(str(fresh)) as connection:
        connection.execute(sql)
    fresh.replace(path)


def shop_draft(name: str = "Shop", path: str = "shop.duckdb", **changes: Any) -> SourceDraft:
    """The shop as a person fills it in."""
    values: dict[str, Any] = {"name": name, "kind": "duckdb", "connection": {"path": path}}
    return SourceDraft(**(values | changes))


def as_role(principal: Principal, role: str) -> Principal:
    """The same person with another role."""
    return Principal(
        user_id=principal.user_id,
        organization_id=principal.organization_id,
        email=principal.email,
        name=principal.name,
        organization=principal.organization,
        role=role,
        permissions=BUILT_IN_ROLES[role],
        timezone=principal.timezone,
    )


def without(dataset: Dataset, name: str) -> Dataset:
    """The dataset less a field."""
    return replace(dataset, fields=tuple(field for field in dataset.fields if field.name != name))


class Catalog:
    """The services over one shop."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        settings = load_settings(
            _env_file=None, data_dir=folder, secret_key=KEY, allow_private_hosts=("127.0.0.1", "localhost")
        )
        connections = Connections(database, SecretBox(KEY), settings, clock, own_secrets=lambda _source: None)
        executor = QueryExecutor(connections.open, clock)
        self.database = database
        self.shop = make_shop(folder / "shop.duckdb")
        self.sources = SourceService(database, connections)
        self.datasets = DatasetService(database, connections, clock)
        self.catalog = CatalogService(database, executor)
        self.reports = ReportService(database, self.catalog, executor, clock, row_limit_default=1000)
        self.library = LibraryService(database)
        self.channel = StandInChannel(folder / "accepted")
        self.missing = MissingFields(database, clock, channel=self.channel, base_url="http://localhost:8501")
        self.watch = CatalogWatch(database, connections, clock)

    def source(self, tenant: Tenant) -> UUID:
        return self.sources.create(tenant.principal, shop_draft()).id

    def orders(self, tenant: Tenant, **changes: Any) -> Dataset:
        draft = self.datasets.draft(tenant.principal, self.source(tenant), ORDERS)
        return self.datasets.create(tenant.principal, replace(draft, **changes))

    def report(self, tenant: Tenant, dataset: Dataset, name: str, **parts: Any) -> UUID:
        definition = parse_definition({"dataset_id": str(dataset.id), "timezone": "UTC", **parts})
        with self.database.organization(tenant.organization_id) as session:
            return report_repository.insert_report(
                session,
                organization_id=tenant.organization_id,
                owner_id=tenant.user_id,
                name=name,
                description="",
                definition=definition,
            )
