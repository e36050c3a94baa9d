"""Mail over REST: settings, the list, the preview that is what arrives, and the answers to a pasted list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start

SERVER = {
    "preset": "gmail",
    "host": "smtp.gmail.com",
    "user": "news@example.com",
    "password": "an app password",
    "sender": "News <news@example.com>",
}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


@pytest.fixture
def schedule(client: TestClient, database: Database, tenant: Tenant) -> dict[str, Any]:
    orders = insert_orders(database, tenant, uuid4)
    definition = {
        "dataset_id": str(orders.id),
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "sum", "field": "amount"}],
        "kpis": [{"aggregation": "sum", "field": "amount"}],
        "timezone": "UTC",
    }
    report = client.post("/api/reports", json={"name": "Orders by country", "definition": definition}).json()
    made = client.post(
        "/api/scheduled-reports",
        json={
            "name": "Every day",
            "report_id": report["id"],
            "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            "recipients": [{"type": "email", "value": tenant.principal.email}],
            "formats": ["csv"],
            "email_subject": "{{report}} for {recipient.name}: {rows} rows",
            "email_body": "Dear {recipient.name},\nas of {date}.",
        },
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_the_mail_server_over_rest(installation: Installation, client: TestClient) -> None:
    assert installation.client.get("/api/email-config").status_code == 401
    presets = installation.client.get("/api/email-config/presets").json()["items"]
    assert [one["key"] for one in presets] == ["gmail", "outlook", "office365", "yahoo", "ses", "custom"]
    assert client.get("/api/email-config").json()["is_own"] is False
    saved = client.put("/api/email-config", json=SERVER)
    assert saved.status_code == 200, saved.text
    assert (saved.json()["has_password"], saved.json()["is_own"]) == (True, True)
    assert "app password" not in saved.text + client.get("/api/email-config").text
    assert "password" not in set(saved.json())
    wrong = client.post("/api/email-config", json={**SERVER, "host": "smtp.evil.example", "password": None})
    assert (wrong.status_code, wrong.json()["place"]) == (422, "password")
    tried = client.post("/api/email-config/test", json={"config": {**SERVER, "host": "127.0.0.1", "port": 1}})
    assert tried.json()["is_ok"] is False
    assert "private network" in tried.json()["message"]
    record = client.put("/api/email-config/dkim", json={}).json()["dkim"]
    assert record["name"] == "broadsheet._domainkey.example.com"
    assert client.delete("/api/email-config/dkim").json()["dkim"] is None
    assert client.delete("/api/email-config").status_code == 204
    assert client.delete("/api/email-config").status_code == 404


def test_the_list_over_rest(client: TestClient) -> None:
    added = client.post("/api/suppressions", json={"address": "Ann@Example.com", "note": "by phone"})
    assert (added.status_code, added.json()["address"], added.json()["reason"]) == (201, "ann@example.com", "added")
    assert client.post("/api/suppressions", json={"address": "x"}).json()["place"] == "address"
    assert client.get("/api/suppressions?search=ann").json()["total"] == 1
    gone = client.post("/api/suppressions/remove-everywhere", json={"address": "ann@example.com"})
    assert gone.json() == {"address": "ann@example.com", "schedules": [], "groups": [], "is_suppressed": True}
    assert client.delete(f"/api/suppressions/{added.json()['id']}").status_code == 204
    assert client.delete(f"/api/suppressions/{added.json()['id']}").status_code == 404


def test_the_preview_is_the_mail_that_arrives(
    installation: Installation, client: TestClient, schedule: dict[str, Any], tenant: Tenant
) -> None:
    asked = {"schedule_id": schedule["id"]}
    before = client.post("/api/scheduled-reports/mail-preview", json=asked).json()
    assert before["is_sample"] is True
    assert "Orders by country for Person" in before["subject"]
    run = client.post(f"/api/scheduled-reports/{schedule['id']}/run").json()
    installation.daemon.run(UUID(run["id"]))
    seen = client.post("/api/scheduled-reports/mail-preview", json=asked).json()
    assert seen["is_sample"] is False
    deliveries = client.get(f"/api/report-executions/{run['id']}").json()["deliveries"]
    installation.daemon.deliver(UUID(deliveries[0]["id"]))
    (entry,) = installation.broadsheet.outbox.list(tenant.principal)
    sent = installation.broadsheet.outbox.read(tenant.principal, entry.name)
    link = sent.text.partition("Unsubscribe or pause: ")[2].strip()
    assert link.startswith("http")
    preview = "http://localhost:8501/unsubscribe/preview"
    assert seen["subject"] == sent.subject
    assert seen["text"] == sent.text.replace(link, preview)
    assert seen["html"] == sent.html.replace(link, preview)
    assert (seen["from"], seen["to"]) == (sent.sender, sent.to)
    changed = client.post("/api/scheduled-reports/mail-preview", json={**asked, "email_subject": "Only {date}"}).json()
    assert changed["subject"] == "Only Mon 23 Nov 2026"


@pytest.mark.parametrize(
    "template",
    ["{nobody}", "{0.__class__}", "{recipient.__class__}", "{recipient.name!r}", "{rows:>99999}", "{", "a\0b"],
)
def test_tricks_are_refused_where_they_are_seen_and_saved(
    client: TestClient, schedule: dict[str, Any], template: str
) -> None:
    for name in ("email_subject", "email_body"):
        seen = client.post("/api/scheduled-reports/mail-preview", json={"schedule_id": schedule["id"], name: template})
        assert (seen.status_code, seen.json()["place"]) == (422, name), seen.text
        saved = client.patch(f"/api/scheduled-reports/{schedule['id']}", json={name: template})
        assert saved.status_code == 422


def test_no_header_is_injected_by_a_subject(client: TestClient, schedule: dict[str, Any]) -> None:
    asked = {"schedule_id": schedule["id"], "email_subject": "a\r\nBcc: x@example.com"}
    assert client.post("/api/scheduled-reports/mail-preview", json=asked).status_code == 422


def test_a_long_pasted_list_is_answered_line_by_line(client: TestClient) -> None:
    lines = [f"p{number % 9000}@example.com" for number in range(9900)] + ["rubbish", "a\x00b", "x@"] * 33 + ["ü@x.de"]
    answer = client.post("/api/scheduled-reports/check-recipients", json={"text": "\n".join(lines)})
    assert answer.json()["counts"] == {"ok": 9000, "duplicate": 900, "wrong": 100, "not_allowed": 0}
    assert len(answer.json()["lines"]) == 10_000


def test_the_preview_knows_the_names_of_groups(client: TestClient, schedule: dict[str, Any]) -> None:
    member = {"address": "gina@example.com", "name": "Gina", "locale": "pt-BR"}
    group = client.post("/api/groups", json={"name": "Partners", "members": [member]}).json()
    recipients = [{"type": "group", "value": group["id"]}]
    made = client.post(
        "/api/scheduled-reports",
        json={
            "name": "To partners",
            "report_id": schedule["report_id"],
            "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
            "recipients": recipients,
            "formats": ["csv"],
            "email_subject": "{recipient.name}, {recipient.locale}",
        },
    ).json()
    asked = {"schedule_id": made["id"], "recipient": "Gina@example.com"}
    assert client.post("/api/scheduled-reports/mail-preview", json=asked).json()["subject"] == "Gina, pt-BR"
