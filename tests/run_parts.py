"""What the tests of runs share: rows to work on, and stand-ins for the stages that runs join."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from core.db import run_inserting, run_reading
from core.db.database import Database
from core.db.run_inserting import RunDraft
from core.db.tables import DatasetRow, ReportRow, ReportVersionRow, RunRow, ScheduleRow, SourceRow
from core.domain.run import Run, RunKind
from core.domain.schedule import Recipient
from core.services.link_opening import LinkOpening
from tests.conftest import Tenant
from tests.failpoints import Stack

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ALICE = Recipient(channel="email", address="alice@example.com")
BOB = Recipient(channel="email", address="bob@example.com", role="cc")


def definition_of(dataset_id: UUID) -> dict[str, Any]:
    return {"dataset_id": str(dataset_id), "columns": ["country"], "timezone": "UTC", "limit": 1000}


def insert_report(database: Database, tenant: Tenant, *, name: str = "Weekly revenue") -> UUID:
    """A source, a dataset and a report with one version."""
    with database.organization(tenant.organization_id) as session:
        source_id = _insert(
            session, SourceRow, organization_id=tenant.organization_id, name=name, kind="duckdb", connection={}
        )
        dataset_id = _insert(
            session,
            DatasetRow,
            organization_id=tenant.organization_id,
            source_id=source_id,
            name=name,
            label=name,
            content={
                "origin": {"table_name": "orders"},
                "row_noun": "orders",
                "fields": [{"name": "country", "label": "Country", "type": "text"}],
            },
        )
        report_id = _insert(
            session,
            ReportRow,
            organization_id=tenant.organization_id,
            owner_id=tenant.user_id,
            dataset_id=dataset_id,
            name=name,
            version=1,
        )
        session.execute(
            insert(ReportVersionRow).values(
                organization_id=tenant.organization_id,
                report_id=report_id,
                version=1,
                definition=definition_of(dataset_id),
                definition_sha256="0" * 64,
                saved_by=tenant.user_id,
            )
        )
    return report_id


def insert_schedule(
    database: Database,
    tenant: Tenant,
    report_id: UUID,
    *,
    next_run_at: datetime | None,
    config: dict[str, Any] | None = None,
    misfire: str = "latest",
    recipients: tuple[Recipient, ...] = (ALICE,),
    formats: tuple[str, ...] = ("csv",),
) -> UUID:
    with database.organization(tenant.organization_id) as session:
        return _insert(
            session,
            ScheduleRow,
            organization_id=tenant.organization_id,
            report_id=report_id,
            owner_id=tenant.user_id,
            name="Every day",
            config=config or {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            recipients=[{"channel": r.channel, "address": r.address, "role": r.role} for r in recipients],
            formats=list(formats),
            misfire=misfire,
            next_run_at=next_run_at,
        )


def insert_run(database: Database, tenant: Tenant, *, now: datetime = NOW, **changes: Any) -> UUID:
    """A pending run of a draft that nobody saved."""
    draft = RunDraft(
        organization_id=tenant.organization_id,
        kind=RunKind.MANUAL,
        title="Weekly revenue",
        definition=definition_of(uuid4()),
        definition_sha256="0" * 64,
        requested_by=tenant.user_id,
        formats=("csv",),
        logical_at=NOW,
        recipients=(ALICE,),
    )
    with database.organization(tenant.organization_id) as session:
        run_id = run_inserting.insert_run(session, replace(draft, **changes), now=now)
    assert run_id is not None
    return run_id


def column(database: Database, tenant: Tenant, name: str, run_id: UUID) -> Any:
    """One column of a run, as it is committed."""
    with database.organization(tenant.organization_id) as session:
        return session.execute(select(getattr(RunRow, name)).where(RunRow.id == run_id)).scalar_one()


def jobs(database: Database) -> list[tuple[str, datetime | None]]:
    """Every wake-up in the queue: (task, not before)."""
    with database.installation() as session:
        rows = session.execute(text("SELECT task_name, scheduled_at FROM procrastinate_jobs ORDER BY id"))
        return [(row.task_name, row.scheduled_at) for row in rows]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def _insert(session: Session, table: Any, **values: Any) -> UUID:
    new_id: UUID = session.execute(insert(table).values(**values).returning(table.id)).scalar_one()
    return new_id


def read(stack: Stack, tenant: Tenant, run_id: UUID) -> Run:
    """The run as people see it."""
    with stack.database.organization(tenant.organization_id) as session:
        return run_reading.load_run(session, run_id)


def deliver_all(stack: Stack, tenant: Tenant, run_id: UUID) -> Run:
    """Wake every delivery of a run once."""
    for delivery in read(stack, tenant, run_id).deliveries:
        stack.deliverer.deliver(delivery.id)
    return read(stack, tenant, run_id)


def link_opening(stack: Stack) -> LinkOpening:
    """What opens links over a stack's files."""
    return LinkOpening(
        stack.database,
        stack.clock,
        stores={"file": stack.store},
        channel=stack.channel,
        places=stack.places,
        key="key-of-the-tests",
        base_url="http://localhost:8501",
    )
