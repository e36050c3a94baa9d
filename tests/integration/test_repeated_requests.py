"""Requests that are sent twice under one Idempotency-Key, and what answers say of the limit of requests."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, side_by_side, start

KEY = {"Idempotency-Key": "3f1c"}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, quotas="requests_per_minute=12")


def test_the_same_key_does_it_once(installation: Installation, tenant: Tenant, database: Database) -> None:
    client, body = installation.sign_in(tenant), {"name": "Board"}
    first = client.post("/api/tokens", json=body, headers=KEY)
    again = client.post("/api/tokens", json=body, headers=KEY)
    assert (first.status_code, "idempotent-replayed" in first.headers) == (201, False)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, first.content, "true")
    other = client.post("/api/tokens", json={"name": "Another"}, headers=KEY)
    assert (other.status_code, other.json()["place"]) == (422, "Idempotency-Key")
    assert client.get("/api/tokens").json()["total"] == 1
    with database.organization(tenant.organization_id) as session:
        kept = session.execute(text("SELECT answer FROM kept_answers")).scalar_one()
    assert first.json()["token"] not in kept, "a new token is not kept in clear text"
    installation.clock.advance(timedelta(hours=25))
    client = installation.sign_in(tenant)
    assert client.post("/api/tokens", json=body, headers=KEY).json()["id"] != first.json()["id"], "keys end"


def test_a_refusal_frees_the_key_and_two_at_once_are_one(installation: Installation, tenant: Tenant) -> None:
    client = installation.sign_in(tenant)
    assert client.post("/api/groups", json={"name": ""}, headers=KEY).status_code == 422
    answers = side_by_side(lambda _: client.post("/api/groups", json={"name": "Board"}, headers=KEY), 4)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert client.post("/api/groups", json={"name": "Board"}, headers=KEY).status_code == 201
    assert client.get("/api/groups").json()["total"] == 1


def test_answers_say_what_is_left(installation: Installation, tenant: Tenant, clock: FixedClock) -> None:
    client = installation.sign_in(tenant)
    clock.advance(timedelta(seconds=20))
    answer = client.get("/api/me")
    assert answer.headers["ratelimit-policy"] == '"minute";q=12;w=60'
    assert answer.headers["ratelimit"] == '"minute";r=11;t=40'
    assert client.get("/api/reports/nothing").headers["ratelimit"] == '"minute";r=10;t=40', "refusals count too"
    for _ in range(10):
        client.get("/api/me")
    refused = client.get("/api/me")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
    assert refused.headers["ratelimit"] == '"minute";r=0;t=40'


def test_what_changed_meanwhile_is_not_overwritten(installation: Installation, tenant: Tenant) -> None:
    client = installation.sign_in(tenant)
    seen = {"If-Match": client.get("/api/branding").headers["etag"]}
    body = {"accent": "#123456", "paper": "a4"}
    first, again = (client.put("/api/branding", json=body, headers=seen) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["code"]) == (200, 412, "precondition_failed")
    group = client.post("/api/groups", json={"name": "Board"}).json()["id"]
    stale = {"If-Match": client.get(f"/api/groups/{group}").headers["etag"]}
    assert client.put(f"/api/groups/{group}", json={"name": "The board"}, headers=stale).status_code == 200
    assert client.delete(f"/api/groups/{group}", headers=stale).status_code == 412
    now = {"If-Match": client.get(f"/api/groups/{group}").headers["etag"]}
    assert client.delete(f"/api/groups/{group}", headers=now).status_code == 204


def test_every_short_list_is_searched_sorted_and_cut_alike(installation: Installation, tenant: Tenant) -> None:
    client = installation.sign_in(tenant)
    for name in ("beta", "Alpha", "gamma"):
        client.post("/api/tokens", json={"name": name})
    page = client.get("/api/tokens", params={"sort": "-name", "limit": 2, "page": 2}).json()
    assert ([one["name"] for one in page["items"]], page["total"], page["limit"]) == (["Alpha"], 3, 2)
    assert [one["name"] for one in client.get("/api/tokens?search=GAM").json()["items"]] == ["gamma"]
    wrong = client.get("/api/tokens?sort=weight")
    assert (wrong.status_code, wrong.json()["place"]) == (422, "sort")
