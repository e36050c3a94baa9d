"""`/metrics`: who may read it, what it counts over organizations, and that the dashboard asks for nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core.api.metrics_routes import metrics_routes
from core.clock import FixedClock
from core.db import operations_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.operations_alerts import AlertKind
from core.services import metrics as metrics_service
from core.services.metrics import KEPT_S, MOST_NAMES, OTHER
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, start

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def scrape(installation: Installation) -> Callable[[Tenant], dict[str, dict[tuple[str, ...], float]]]:
    """Read /metrics as a person's token; figures by name, then by the values of their labels."""

    def read(tenant: Tenant) -> dict[str, dict[tuple[str, ...], float]]:
        broadsheet = installation.broadsheet
        app = Starlette(
            routes=[*metrics_routes(broadsheet.metrics, broadsheet.access), Mount("/", installation.client.app)]
        )
        client = TestClient(app)
        bearer = installation.sign_in(tenant).headers["Authorization"]
        answer = client.get("/metrics", headers={"Authorization": bearer})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("text/plain")
        found: dict[str, dict[tuple[str, ...], float]] = {}
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                found.setdefault(sample.name, {})[tuple(sample.labels[name] for name in sorted(sample.labels))] = (
                    sample.value
                )
        return found

    return read


@pytest.fixture
def write(database: Database, clock: FixedClock) -> Callable[..., UUID]:
    """Insert a run as it ended, with a delivery in a state."""

    def insert(tenant: Tenant, *, title: str = "Sales", state: str = "completed", **more: Any) -> UUID:
        values = {
            "org": tenant.organization_id,
            "title": title,
            "state": state,
            "at": clock.now() - more.get("age", timedelta(minutes=5)),
            "took": more.get("took"),
            "delivery": more.get("delivery"),
        }
        with database.organization(tenant.organization_id) as session:
            run_id: UUID = session.execute(text(_RUN), values).scalar_one()
            if values["delivery"]:
                session.execute(text(_DELIVERY), values | {"run": run_id})
        return run_id

    return insert


_RUN = """
    INSERT INTO runs (id, organization_id, kind, state, title, definition, definition_sha256, formats, logical_at,
        created_at, started_at, finished_at, query_s)
    VALUES (gen_random_uuid(), :org, 'export', :state, :title, '{}', '', '{csv}', :at, :at, :at,
        CASE WHEN :state IN ('pending', 'running') THEN NULL
        ELSE CAST(:at AS timestamptz) + make_interval(secs => coalesce(:took, 1)) END, CAST(:took AS float8))
    RETURNING id
"""
_DELIVERY = """
    INSERT INTO deliveries (id, organization_id, run_id, channel, address, state, created_at)
    VALUES (gen_random_uuid(), :org, :run, 'email', 'a@example.com', :delivery, :at)
"""


def test_runs_of_every_organization_are_counted(
    scrape: Any, write: Any, make_organization: Callable[..., Tenant], installation: Installation
) -> None:
    one, other = make_organization(), make_organization(role="viewer")
    write(one, took=0.2)
    write(other, took=4.0)
    write(other, state="failed")
    write(one, state="pending", age=timedelta(minutes=10))
    write(one, state="running")
    write(one, age=timedelta(hours=2), title="Too old")
    found = scrape(one)
    assert found["broadsheet_runs"] == {
        ("Sales", "completed"): 2,
        ("Sales", "failed"): 1,
        ("Sales", "pending"): 1,
        ("Sales", "running"): 1,
    }
    assert found["broadsheet_open_runs"] == {("pending",): 1, ("running",): 1}
    assert found["broadsheet_queue_age_seconds"] == {(): 600}
    assert found["broadsheet_workers"][("busy",)] == 1
    buckets = {key[0]: value for key, value in found["broadsheet_run_seconds_bucket"].items() if key[1] == "query"}
    assert (buckets["0.1"], buckets["0.25"], buckets["2.5"], buckets["5.0"], buckets["+Inf"]) == (0, 1, 1, 2, 2)


def test_deliveries_and_bounces(scrape: Any, write: Any, tenant: Tenant) -> None:
    for state, count in (("sent", 3), ("bounced", 1), ("retry", 2)):
        for _ in range(count):
            write(tenant, delivery=state)
    found = scrape(tenant)
    assert found["broadsheet_deliveries"] == {("email", "bounced"): 1, ("email", "retry"): 2, ("email", "sent"): 3}
    assert found["broadsheet_mail_bounce_ratio"] == {(): 0.25}
    assert found["broadsheet_open_deliveries"] == {("retry",): 2}


def test_titles_are_bounded(scrape: Any, write: Any, tenant: Tenant) -> None:
    for number in range(MOST_NAMES + 3):
        write(tenant, title=f"Report {number}")
    found = scrape(tenant)["broadsheet_runs"]
    assert len(found) == MOST_NAMES + 1
    assert found[(OTHER, "completed")] == 3


def test_alerts_that_are_not_over_are_counted(
    scrape: Any, database: Database, tenant: Tenant, clock: FixedClock
) -> None:
    with database.organization(tenant.organization_id) as session:
        for kind in (AlertKind.BACKLOG, AlertKind.STORAGE):
            operations_repository.open_incident(session, tenant.organization_id, kind, "It waits.", at=clock.now())
        operations_repository.close_incident(session, tenant.organization_id, AlertKind.STORAGE, at=clock.now())
    assert scrape(tenant)["broadsheet_alerts"] == {("backlog",): 1}


def test_more_organizations_cost_no_more_statements(
    installation: Installation, make_organization: Callable[..., Tenant], clock: FixedClock
) -> None:
    metrics, asked = installation.broadsheet.metrics, []
    engine = installation.broadsheet.database.engine

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    counts = []
    for _ in range(2):
        caller, _ = make_organization(), make_organization()
        asked.clear()
        metrics.text(caller.principal)
        counts.append(len(asked))
        clock.advance(timedelta(minutes=2))
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] <= 10


def test_an_answer_is_kept_for_seconds(scrape: Any, write: Any, tenant: Tenant, clock: FixedClock) -> None:
    write(tenant)
    assert scrape(tenant)["broadsheet_runs"] == {("Sales", "completed"): 1}
    write(tenant)
    assert scrape(tenant)["broadsheet_runs"] == {("Sales", "completed"): 1}
    clock.advance(timedelta(seconds=KEPT_S))
    assert scrape(tenant)["broadsheet_runs"] == {("Sales", "completed"): 2}


def test_only_who_manages_the_installation_may_read(
    installation: Installation, make_organization: Callable[..., Tenant]
) -> None:
    broadsheet = installation.broadsheet
    client = TestClient(Starlette(routes=metrics_routes(broadsheet.metrics, broadsheet.access)))
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer nobody's"}).status_code == 401
    admin = installation.sign_in(make_organization(role="organization_admin"))
    refused = client.get("/metrics", headers={"Authorization": admin.headers["Authorization"]})
    assert refused.status_code == 403


def test_the_dashboard_asks_for_what_there_is(scrape: Any, write: Any, tenant: Tenant) -> None:
    write(tenant, took=1.0, delivery="sent")
    write(tenant, state="pending")
    there = set(scrape(tenant)) | set(_FAMILIES)
    asked = set(re.findall(r"\bbroadsheet_[a-z_]+", DASHBOARD.read_text(encoding="utf-8")))
    assert asked <= there, asked - there
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


#: Told as comments even where there is nothing to count; so a name that is misspelt here is found, too.
_FAMILIES = re.findall(r'"(broadsheet_[a-z_]+)"', Path(metrics_service.__file__).read_text(encoding="utf-8"))
