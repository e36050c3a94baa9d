"""What tests of recipients in the data share: sales of regions, a table of contacts, and mails that really go out."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import duckdb
from starlette.testclient import TestClient

from core.db import burst_repository, dataset_repository, source_repository
from core.db.database import Database
from core.deliver.email_channel import EmailChannel
from core.domain.burst_preview import BurstLine
from core.domain.bursting import Outcome
from core.domain.dataset import Dataset
from core.domain.field import Field, FieldType
from core.domain.relation import TableOrigin
from core.services.daemon import DaemonService
from core.settings import Settings
from tests.conftest import Tenant
from tests.integration.api_parts import Installation
from tests.mail_server import MailServer

#: Whose mails go where; the amounts of a region are its own.
REGIONS = ("North", "South", "East", None)
SALES = [(number, REGIONS[number % 4], "AB"[number % 2], number) for number in range(40)]


@dataclass(kw_only=True)
class Office:
    """An installation whose report of sales goes to the contacts in a table."""

    installation: Installation
    database: Database
    tenant: Tenant
    client: TestClient
    server: MailServer
    sales: Dataset
    contacts: Dataset
    report_id: str = ""
    schedule_id: str = ""

    @property
    def daemon(self) -> DaemonService:
        return self.installation.daemon

    def write(self, contacts: Sequence[tuple[Any, ...]]) -> None:
        """Put contacts (address, name, region, timezone, format) into the source."""
        path = self.installation.broadsheet.settings.data_dir / "office.duckdb"
        fresh = path.with_suffix(".new")
        with duckdb.connect(str(fresh)) as connection:
            connection.execute("CREATE TABLE sales (id BIGINT, region TEXT, product TEXT, amount BIGINT)")
            connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", SALES)
            connection.execute("CREATE TABLE contacts (mail TEXT, who TEXT, region TEXT, zone TEXT, kind TEXT)")
            if contacts:
                connection.executemany("INSERT INTO contacts VALUES (?, ?, ?, ?, ?)", [list(one) for one in contacts])
        fresh.replace(path)

    def set_up(
        self, *, definition: dict[str, Any] | None = None, data: dict[str, Any] | None = None, **rest: Any
    ) -> Any:
        """Save the report and its schedule; returns the answer to the latter."""
        report = {"dataset_id": str(self.sales.id), "columns": ["id", "region", "amount"], "sort": [{"key": "id"}]}
        made = self.client.post(
            "/api/reports", json={"name": "Sales", "definition": report | {"timezone": "UTC"} | (definition or {})}
        )
        assert made.status_code == 201, made.text
        self.report_id = made.json()["id"]
        answer = self.client.post("/api/scheduled-reports", json=self.schedule(data=data, **rest))
        self.schedule_id = answer.json().get("id", "")
        return answer

    def schedule(self, *, data: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
        usual = {
            "address": "mail",
            "name": "who",
            "pairs": [{"recipient_field": "region", "report_field": "region"}],
        }
        return {
            "name": "To the regions",
            "report_id": self.report_id,
            "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            "recipients": [{"type": "data", "value": str(self.contacts.id), "data": usual | (data or {})}],
            "formats": ["csv"],
            **rest,
        }

    def start(self) -> str:
        """Ask for a run now; returns its id."""
        answer = self.client.post(f"/api/scheduled-reports/{self.schedule_id}/run")
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def finish(self, run_id: str) -> dict[str, Any]:
        """Let the daemon make the run and send all there is to send, as its queue would."""
        self.daemon.run(UUID(run_id))
        for line in self.lines(run_id):
            if line.delivery_id is not None:
                self.daemon.deliver(line.delivery_id)
        return self.read(run_id)

    def send(self) -> dict[str, Any]:
        return self.finish(self.start())

    def read(self, run_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/report-executions/{run_id}").json())

    def lines(self, run_id: str, outcome: Outcome | None = None) -> tuple[BurstLine, ...]:
        with self.database.organization(self.tenant.organization_id) as session:
            return burst_repository.list_lines(session, UUID(run_id), outcome=outcome, limit=20_000).items


def open_office(installation: Installation, database: Database, tenant: Tenant, server: MailServer) -> Office:
    """An office without contacts."""
    _, token = installation.broadsheet.tokens.create(tenant.principal, name="tests", expires_at=None)
    client = TestClient(installation.client.app, raise_server_exceptions=False)
    client.headers["Authorization"] = f"Bearer {token}"
    with database.organization(tenant.organization_id) as session:
        source_id = source_repository.put_source(
            session,
            organization_id=tenant.organization_id,
            name="Office",
            kind="duckdb",
            connection={"path": "office.duckdb"},
        )
        sales, contacts = (
            Dataset(
                id=uuid4(),
                organization_id=tenant.organization_id,
                source_id=source_id,
                name=name,
                label=name.title(),
                origin=TableOrigin(table_name=name),
                fields=tuple(
                    Field(name=field, label=field.title(), type=FieldType.INTEGER if kind == "i" else FieldType.TEXT)
                    for field, kind in fields
                ),
            )
            for name, fields in (
                ("sales", (("id", "i"), ("region", "t"), ("product", "t"), ("amount", "i"))),
                ("contacts", (("mail", "t"), ("who", "t"), ("region", "t"), ("zone", "t"), ("kind", "t"))),
            )
        )
        for dataset in (sales, contacts):
            dataset_repository.insert_dataset(session, dataset)
    settings = Settings(_env_file=None, smtp_host=server.host, smtp_port=server.port, smtp_security="none")
    channels: dict[str, Any] = dict(installation.daemon._line._deliverer._channels)
    installation.daemon._line._deliverer._channels = {**channels, "email": EmailChannel(settings)}
    office = Office(
        installation=installation,
        database=database,
        tenant=tenant,
        client=client,
        server=server,
        sales=sales,
        contacts=contacts,
    )
    office.write([])
    return office


def table_in(mail: EmailMessage) -> list[dict[str, str]]:
    """The rows of the CSV that a mail carries."""
    (part,) = (part for part in mail.iter_attachments() if str(part.get_filename()).endswith(".csv"))
    return list(csv.DictReader(io.StringIO(part.get_content().lstrip("\ufeff"))))
