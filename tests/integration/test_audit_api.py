"""What is done over the API stands in the audit, in plain values, and no secret with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api.session_cookie import SESSION_COOKIE
from core.clock import FixedClock
from core.db.migrate import DatabaseUrls
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, all_saved_links, start

SOURCE = {
    "name": "Warehouse",
    "kind": "postgresql",
    "connection": {"host": "db.example.com", "port": 5432, "database": "shop", "user": "reader"},
    "secrets": {"password": "PLANTED of the source"},
}
MAIL = {"host": "mail.example.com", "port": 587, "security": "starttls", "user": "u", "sender": "a@example.com"}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def test_changes_stand_in_it_and_secrets_do_not(
    installation: Installation, client: TestClient, owner_session: Session, tenant: Tenant
) -> None:
    made = client.post("/api/sources", json=SOURCE).json()
    moved = {**SOURCE, "name": "Depot", "secrets": {"password": "PLANTED too"}}
    assert client.put(f"/api/sources/{made['id']}", json=moved).status_code == 200
    assert client.put("/api/email-config", json={**MAIL, "password": "PLANTED of mail"}).status_code == 200
    token = client.post("/api/tokens", json={"name": "robot"}).json()["token"]
    assert client.delete(f"/api/sources/{made['id']}").status_code == 204
    changed = client.get("/api/audit", params={"action": "source.changed"}).json()["items"][0]
    assert (changed["before"], changed["after"]) == ({"name": "Warehouse"}, {"name": "Depot"})
    assert (changed["actor"], changed["object_id"]) == (tenant.principal.email, made["id"])
    actions = {item["action"] for item in client.get("/api/audit").json()["items"]}
    assert {"source.created", "source.changed", "source.deleted", "mail_settings.changed"} <= actions
    told = [client.get(path).text for path in ("/api/audit?limit=200", "/api/audit.csv")]
    told += owner_session.execute(text("SELECT d::text FROM audit_details d")).scalars()
    assert not [one for one in told if "PLANTED" in one or token in one]
    assert client.get("/api/audit/chain?check=true").json()["is_whole"]


def test_parts_follow_one_another_to_the_end(installation: Installation, client: TestClient) -> None:
    for number in range(4):
        client.post("/api/sources", json={**SOURCE, "name": f"Warehouse {number}"})
    names, cursor = [], None
    while True:
        asked = {"action": "source.created", "limit": 3} | ({"cursor": cursor} if cursor else {})
        part = client.get("/api/audit", params=asked).json()
        names += [item["object_name"] for item in part["items"]]
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert names == ["Warehouse 3", "Warehouse 2", "Warehouse 1", "Warehouse 0"]
    assert client.get("/api/audit?cursor=nonsense").status_code == 422
    assert len(client.get("/api/audit.csv?object=warehouse%202").text.splitlines()) == 2


def test_what_is_done_to_folders_and_to_addresses_that_are_asked_is_told(client: TestClient) -> None:
    folder = client.post("/api/folders", json={"name": "Weekly"}).json()["id"]
    client.put(f"/api/folders/{folder}", json={"name": "Daily", "parent_id": None})
    client.delete(f"/api/folders/{folder}")
    asked = client.post("/api/verified-addresses", json={"address": "ann@example.com"}).json()["id"]
    client.delete(f"/api/verified-addresses/{asked}")
    told = [(item["action"], item["object_name"]) for item in client.get("/api/audit").json()["items"]][:5]
    assert told == [
        ("verified_address.removed", "ann@example.com"),
        ("verified_address.asked", "ann@example.com"),
        ("folder.deleted", "Daily"),
        ("folder.changed", "Daily"),
        ("folder.created", "Weekly"),
    ]


def test_who_may_not_look_does_not(installation: Installation, tenant: Tenant, owner_session: Session) -> None:
    editor = installation.sign_in(add_member(owner_session, tenant, role="editor", name="Ed"))
    paths = ("/api/audit", "/api/audit.csv", "/api/audit/chain", f"/api/audit/{tenant.user_id}")
    assert [editor.get(path).status_code for path in paths] == [403] * 4
    assert editor.patch("/api/quotas", json={"limits": {"schedules": 1}}).status_code == 403
    assert editor.get("/api/quotas").status_code == 200


def test_screens_download_with_the_session_and_nobody_else_does(
    installation: Installation, tenant: Tenant, owner_session: Session
) -> None:
    parts = installation.broadsheet
    links = all_saved_links(parts)
    about = f"/saved/about.zip?who={tenant.principal.email}"
    paths = ("/saved/audit.csv?action=audit.exported", "/saved/personal-data.csv", about)
    look = "/saved/look.pdf?accent=%23123456&paper=letter"
    browser = TestClient(Starlette(routes=links))
    browser.cookies.set(SESSION_COOKIE, "nonsense")
    assert [browser.get(path).status_code for path in (*paths, look)] == [401] * 4
    editor = add_member(owner_session, tenant, role="editor", name="Ed")
    browser.cookies.set(SESSION_COOKIE, parts.sessions.open(editor.user_id))
    assert [browser.get(path).status_code for path in paths] == [403] * 3
    browser.cookies.set(SESSION_COOKIE, parts.sessions.open(tenant.user_id))
    answers = [browser.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
    assert (len(answers[0].text.splitlines()), answers[2].content[:2]) == (2, b"PK")
    assert browser.get("/saved/audit.csv?from=soon").status_code == 422
    assert browser.get(look).content[:4] == b"%PDF"
    assert [browser.get(f"/saved/look.pdf?{one}").status_code for one in ("paper=wall", "accent=red")] == [422] * 2
    assert browser.get(f"/saved/template/{tenant.user_id}").status_code == 404
    assert browser.get(f"/saved/example/{tenant.user_id}").status_code == 404
