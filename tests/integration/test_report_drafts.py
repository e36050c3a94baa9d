"""Drafts in the database: kept a person at a time, offered again, dropped; and first questions over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.access import Principal
from core.domain.definition import Aggregation, Measure, ReportDefinition
from core.domain.report_draft import ReportDraft
from core.services.report_drafts import MOST_OFFERED, ReportDraftService
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, start
from tests.integration.catalog_parts import make_shop
from tests.integration.test_catalog_api import make_orders

COUNT = ReportDefinition(dataset_id=uuid4(), measures=(Measure(aggregation=Aggregation.COUNT),))


@pytest.fixture
def drafts(database: Database, clock: FixedClock) -> ReportDraftService:
    return ReportDraftService(database, clock)


def draft(name: str = "Orders by month", **changes: object) -> ReportDraft:
    made = ReportDraft(id=uuid4(), name=name, description="", definition=COUNT)
    return replace(made, **changes)


def test_a_draft_is_kept_replaced_and_dropped(drafts: ReportDraftService, tenant: Tenant, clock: FixedClock) -> None:
    first = draft()
    drafts.keep(tenant.principal, first)
    assert drafts.load(tenant.principal, first.id) == replace(first, updated_at=clock.now())
    clock.advance(timedelta(minutes=5))
    drafts.keep(tenant.principal, replace(first, name="Orders by week"))
    (kept,) = drafts.unsaved(tenant.principal)
    assert (kept.name, kept.updated_at) == ("Orders by week", clock.now())
    drafts.forget(tenant.principal, first.id)
    assert drafts.load(tenant.principal, first.id) is None


def test_nobody_sees_another_persons_draft(
    drafts: ReportDraftService, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    mine = draft()
    drafts.keep(tenant.principal, mine)
    stranger: Principal = make_organization().principal
    neighbour = replace(stranger, organization_id=tenant.organization_id)
    for other in (stranger, neighbour):
        assert drafts.load(other, mine.id) is None
        assert drafts.unsaved(other) == ()
        drafts.forget(other, mine.id)
    assert drafts.load(tenant.principal, mine.id) is not None


def test_only_what_somebody_worked_on_is_offered_and_not_for_ever(
    drafts: ReportDraftService, tenant: Tenant, clock: FixedClock
) -> None:
    drafts.keep(tenant.principal, draft("Looked at", is_touched=False))
    for n in range(MOST_OFFERED + 2):
        clock.advance(timedelta(minutes=1))
        drafts.keep(tenant.principal, draft(f"Draft {n}"))
    offered = [one.name for one in drafts.unsaved(tenant.principal)]
    assert offered == [f"Draft {n}" for n in range(MOST_OFFERED + 1, 1, -1)]
    clock.advance(timedelta(days=31))
    assert drafts.unsaved(tenant.principal) == ()


def test_a_draft_of_a_report_is_not_offered_as_a_new_one(installation: Installation, tenant: Tenant) -> None:
    client = installation.sign_in(tenant)
    dataset = make_orders(client)
    made = client.get(f"/api/datasets/{dataset['id']}/quick-starts").json()["items"][0]
    body = {"name": made["label"], "definition": made["definition"]}
    report = client.post("/api/reports", json=body).json()
    service = installation.broadsheet.drafts
    saved = installation.broadsheet.reports.get(tenant.principal, report["id"])
    service.keep(
        tenant.principal,
        ReportDraft(
            id=saved.id,
            report_id=saved.id,
            version=1,
            name="Renamed",
            description="",
            definition=saved.definition,
        ),
    )
    assert service.unsaved(tenant.principal) == ()
    kept = service.load(tenant.principal, saved.id)
    assert kept is not None
    assert (kept.name, kept.version, kept.definition) == ("Renamed", 1, saved.definition)


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    make_shop(tmp_path / "shop.duckdb")
    yield from start(tmp_path, database_urls, clock)


def test_first_questions_can_be_run_as_they_come(installation: Installation, tenant: Tenant) -> None:
    client: TestClient = installation.sign_in(tenant)
    dataset = make_orders(client)
    answer = client.get(f"/api/datasets/{dataset['id']}/quick-starts")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert {"quick", "ready_made"} >= {item["kind"] for item in items}
    for item in items:
        shown = client.post("/api/reports/preview", json={"definition": item["definition"]})
        assert shown.status_code == 200, (item["label"], shown.text)
    assert client.get(f"/api/datasets/{uuid4()}/quick-starts").status_code == 404
