"""Groups, people, the rule and the questions over REST, and private hosts refused when they are saved."""

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

ANN = {"address": "ann@example.org", "name": "Ann Lee", "locale": "en-GB"}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


@pytest.fixture
def schedule(client: TestClient, database: Database, tenant: Tenant) -> dict[str, Any]:
    """What a schedule of a report is made of, without recipients."""
    definition = {"dataset_id": str(insert_orders(database, tenant, uuid4).id), "columns": ["country"], "limit": 5}
    report = client.post("/api/reports", json={"name": "Orders", "definition": definition}).json()
    config = {"cadence": "daily", "time": "09:00", "timezone": "UTC"}
    return {"name": "Every day", "report_id": report["id"], "schedule_config": config, "formats": ["csv"]}


def test_a_schedule_sends_to_a_person_and_a_group(
    installation: Installation, client: TestClient, schedule: dict[str, Any], tenant: Tenant
) -> None:
    board = client.post("/api/groups", json={"name": "Board", "members": [ANN]})
    assert board.status_code == 201, board.text
    group_id = board.json()["id"]
    recipients = [{"type": "group", "value": "board"}, {"type": "user", "value": tenant.principal.email, "role": "cc"}]
    asked = client.post("/api/scheduled-reports/check-recipients", json={"text": "", "recipients": recipients})
    assert asked.json()["reach"]["addresses"] == [tenant.principal.email, ANN["address"]]
    made = client.post("/api/scheduled-reports", json={**schedule, "recipients": recipients}).json()
    assert [(one["type"], one["value"], one["role"]) for one in made["recipients"]] == [
        ("group", group_id, "to"),
        ("user", str(tenant.user_id), "cc"),
    ]
    again = client.put(f"/api/scheduled-reports/{made['id']}", json={**schedule, "recipients": recipients})
    assert again.json()["version"] == made["version"], "the same said otherwise is no change"
    wrong = client.post(
        "/api/scheduled-reports", json={**schedule, "recipients": [recipients[0], {"type": "user", "value": "x@y.z"}]}
    )
    assert (wrong.status_code, wrong.json()["place"]) == (422, "recipients[1]")
    run = client.post(f"/api/scheduled-reports/{made['id']}/run").json()
    installation.daemon.run(UUID(run["id"]))
    sent = client.get(f"/api/report-executions/{run['id']}").json()
    assert {one["value"] for one in sent["deliveries"]} == {ANN["address"], tenant.principal.email}
    assert client.get(f"/api/groups/{group_id}").json()["used_by"] == [{"id": made["id"], "name": "Every day"}]
    refused = client.delete(f"/api/groups/{group_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "group_in_use")
    assert refused.json()["schedules"] == [{"id": made["id"], "name": "Every day"}]
    where = client.get("/api/suppressions/where", params={"address": ANN["address"]}).json()
    assert where == {"address": ANN["address"], "schedules": [], "groups": ["Board"], "is_suppressed": False}
    client.delete(f"/api/scheduled-reports/{made['id']}")
    assert client.delete(f"/api/groups/{group_id}").status_code == 204


def test_groups_and_people_are_lists_of_pages(client: TestClient, tenant: Tenant) -> None:
    for name in ("Board", "Sales", "press"):
        client.post("/api/groups", json={"name": name, "members": [ANN]})
    found = client.get("/api/groups", params={"page": 2, "limit": 2}).json()
    assert ([one["name"] for one in found["items"]], found["total"], found["page"]) == (["Sales"], 3, 2)
    group_id = found["items"][0]["id"]
    changed = client.put(f"/api/groups/{group_id}", json={"name": "Sales", "members": []}, headers={"If-Match": '"1"'})
    assert changed.json()["members"] == []
    stale = client.put(f"/api/groups/{group_id}", json={"name": "Sales"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    taken = client.put(f"/api/groups/{group_id}", json={"name": "BOARD"}, headers={"If-Match": '"2"'})
    assert (taken.status_code, taken.json()["place"]) == (409, "name")
    wrong = client.post("/api/groups", json={"name": "x", "members": [{"address": "nobody"}]})
    assert (wrong.status_code, wrong.json()["place"]) == (422, "members[0].address")
    people = client.get("/api/users").json()
    assert [(one["email"], one["role"], one["is_active"]) for one in people["items"]] == [
        (tenant.principal.email, "installation_admin", True)
    ]


def test_the_rule_is_seen_before_it_is_saved(client: TestClient, schedule: dict[str, Any]) -> None:
    made = client.post(
        "/api/scheduled-reports", json={**schedule, "recipients": [{"type": "email", "value": "ann@example.org"}]}
    ).json()
    params = {"rule": "domains", "domains": ["example.com", "*.example.net"]}
    would = client.get("/api/recipient-policy/conflicts", params=params).json()
    assert would["items"][0]["schedule_id"] == made["id"]
    assert would["items"][0]["recipients"][0]["why"].endswith("allowed are example.com, *.example.net, and members.")
    assert client.get("/api/recipient-policy").json() == {"rule": "anyone", "domains": [], "version": 0}
    saved = client.put("/api/recipient-policy", json={"rule": "verified"}, headers={"If-Match": '"0"'})
    assert saved.json() == {"rule": "verified", "domains": [], "version": 1}
    assert client.put("/api/recipient-policy", json=params, headers={"If-Match": '"0"'}).status_code == 412
    refused = client.patch(f"/api/scheduled-reports/{made['id']}", json={"name": "Renamed"})
    assert (refused.status_code, refused.json()["place"]) == (422, "recipients[0]")
    answered = client.post("/api/scheduled-reports/check-recipients", json={"text": "ann@example.org"}).json()
    assert answered["lines"][0]["state"] == "not_allowed"


def test_an_address_is_asked_and_says_yes(installation: Installation, client: TestClient, tmp_path: Path) -> None:
    asked = client.post("/api/verified-addresses", json={"address": "ann@example.org"})
    assert asked.status_code == 201, asked.text
    assert "token" not in asked.text
    (mail,) = (tmp_path / "outbox").glob("*.eml")
    link = "/verify/" + mail.read_text().split("/verify/")[1].split()[0].rstrip("=")
    again = client.post(f"/api/verified-addresses/{asked.json()['id']}/resend")
    assert (again.status_code, again.headers["Retry-After"]) == (429, "300")
    stranger = installation.client
    assert stranger.get(link).status_code == 200
    assert client.get("/api/verified-addresses", params={"is_confirmed": True}).json()["total"] == 0
    assert stranger.post(link).status_code == 200
    found = client.get("/api/verified-addresses", params={"is_confirmed": True}).json()
    assert found["items"][0]["is_confirmed"]
    assert client.delete(f"/api/verified-addresses/{found['items'][0]['id']}").status_code == 204
    assert stranger.post(link).status_code == 404


@pytest.mark.parametrize("path", ["/groups", "/users", "/recipient-policy", "/verified-addresses"])
def test_strangers_learn_nothing(installation: Installation, path: str) -> None:
    assert installation.client.get(f"/api{path}").status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:10.0.0.1", "169.254.169.254"])
def test_private_hosts_are_refused_when_they_are_saved(client: TestClient, host: str) -> None:
    server = {"host": host, "user": "a", "password": "b", "sender": "a@example.com"}
    mail = client.put("/api/email-config", json=server)
    assert (mail.status_code, mail.json()["place"]) == (422, "host")
    assert "private network" in mail.json()["detail"]
    in_url = f"[{host}]" if ":" in host else host
    secret = {"signing_secret": "long enough a secret"}
    hook = {"name": "h", "type": "webhook", "settings": {"url": f"https://{in_url}/x"}, "secrets": secret}
    answer = client.post("/api/destinations", json=hook)
    assert (answer.status_code, answer.json()["place"]) == (422, "settings.url"), answer.text
    made = client.post("/api/destinations", json={**hook, "settings": {"url": "https://hooks.example.com/x"}}).json()
    moved = client.put(f"/api/destinations/{made['id']}", json=hook)
    assert (moved.status_code, moved.json()["place"]) == (422, "settings.url")


def test_endpoints_and_servers_in_private_ranges_are_refused_too(client: TestClient) -> None:
    bucket = {"bucket": "bucket", "endpoint_url": "http://10.0.0.1:9000", "access_key_id": "k"}
    made = client.post(
        "/api/destinations",
        json={"name": "s", "type": "s3", "settings": bucket, "secrets": {"secret_access_key": "x"}},
    )
    assert (made.status_code, made.json()["place"]) == (422, "settings.endpoint_url"), made.text
    key = "SHA256:" + "a" * 43
    server = {"host": "192.168.1.1", "user": "u", "host_key": key}
    made = client.post(
        "/api/destinations", json={"name": "s", "type": "sftp", "settings": server, "secrets": {"password": "p"}}
    )
    assert (made.status_code, made.json()["place"]) == (422, "settings.host"), made.text
