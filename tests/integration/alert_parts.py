"""What tests of conditions, holds and backfills share: a shop whose days bring what a test says, and its schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import duckdb
from starlette.testclient import TestClient

from core.db.database import Database
from core.domain.access import Principal
from core.domain.dataset import Dataset
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders

EVERY_DAY = {"cadence": "daily", "time": "09:00", "timezone": "UTC"}


@dataclass(kw_only=True)
class Shop:
    """An installation with one report on the day before, and the schedule that sends it at nine."""

    installation: Installation
    client: TestClient
    principal: Principal
    dataset: Dataset
    report_id: str = ""
    schedule_id: str = ""
    #: Amounts by day and country.
    days: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def sell(self, **countries: float) -> None:
        """Orders of the day that is under way: one a country."""
        self.days[f"{self.installation.clock.now():%Y-%m-%d}"] = countries
        self.write()

    def write(self) -> None:
        """Put the days into the source, as a loader would: a new file in place of the old one."""
        path = self.installation.broadsheet.settings.data_dir / "orders.duckdb"
        fresh = path.with_suffix(".new")
        with duckdb.connect(str(fresh)) as connection:
            connection.execute(
                "CREATE TABLE orders (order_id BIGINT, ordered_at TIMESTAMP, country TEXT, amount DECIMAL(12, 2))"
            )
            rows = [
                [number, f"{day} 12:00", country, amount]
                for day, countries in self.days.items()
                for number, (country, amount) in enumerate(countries.items())
            ]
            if rows:
                connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
        fresh.replace(path)

    def set_up(self, *, definition: dict[str, Any] | None = None, **schedule: Any) -> None:
        """Save the report and its schedule."""
        report = {"name": "Orders of yesterday", "definition": self.definition() | (definition or {})}
        made = self.client.post("/api/reports", json=report)
        assert made.status_code == 201, made.text
        self.report_id = made.json()["id"]
        scheduled = self.schedule(**schedule)
        assert scheduled.status_code == 201, scheduled.text
        self.schedule_id = scheduled.json()["id"]

    def schedule(self, **changes: Any) -> Any:
        """Ask for a schedule."""
        body = {
            "name": "Every day",
            "report_id": self.report_id,
            "schedule_config": EVERY_DAY,
            "recipients": [{"type": "email", "value": "boss@example.com"}],
            "formats": ["csv"],
        }
        return self.client.post("/api/scheduled-reports", json=body | changes)

    def definition(self) -> dict[str, Any]:
        return {
            "dataset_id": str(self.dataset.id),
            "groupings": [{"field": "country"}],
            "measures": [
                {"aggregation": "sum", "field": "amount", "name": "revenue", "label": "Revenue"},
                {"aggregation": "count", "name": "orders", "label": "Orders"},
            ],
            "period": {"field": "ordered_at", "window": {"kind": "last", "n": 1, "unit": "day"}},
            "sort": [{"key": "country"}],
            "timezone": "UTC",
        }

    def next_day(self, **countries: float) -> dict[str, Any]:
        """Sell through the day; at nine on the next one the schedule runs to its end or as far as it goes."""
        if countries:
            self.sell(**countries)
        self.installation.clock.advance(timedelta(days=1))
        return self.run_planned()

    def run_planned(self) -> dict[str, Any]:
        self.installation.daemon.plan()
        return self.finish(self.newest()["id"])

    def newest(self) -> dict[str, Any]:
        path = f"/api/scheduled-reports/{self.schedule_id}/executions"
        return dict(self.client.get(path, params={"limit": 1}).json()["items"][0])

    def finish(self, run_id: str) -> dict[str, Any]:
        """Let the daemon work on a run and its deliveries, as its queue would."""
        self.installation.daemon.run(UUID(run_id))
        for delivery in self.read(run_id)["deliveries"]:
            self.installation.daemon.deliver(UUID(delivery["id"]))
        return self.read(run_id)

    def read(self, run_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/report-executions/{run_id}").json())

    def mails(self) -> list[str]:
        """The text of every mail that went out, the oldest first."""
        outbox = self.installation.broadsheet.outbox
        entries = sorted(outbox.list(self.principal), key=lambda entry: entry.made_at)
        return [f"{entry.subject}\n{outbox.read(self.principal, entry.name).text}" for entry in entries]

    def now(self) -> datetime:
        return self.installation.clock.now()


def open_shop(installation: Installation, database: Database, tenant: Tenant) -> Shop:
    """A shop without orders. Its client's token lasts: tests go through weeks."""
    _, token = installation.broadsheet.tokens.create(tenant.principal, name="tests", expires_at=None)
    client = TestClient(installation.client.app, raise_server_exceptions=False)
    client.headers["Authorization"] = f"Bearer {token}"
    dataset = insert_orders(database, tenant, uuid4)
    shop = Shop(installation=installation, client=client, principal=tenant.principal, dataset=dataset)
    shop.write()
    return shop


def said(run: Mapping[str, Any]) -> list[str]:
    """The lines of a run's timeline."""
    return [event["message"] for event in run["events"]]
