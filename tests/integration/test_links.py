"""Links over real HTTP: how long, how often, for whom, in parts, and who used them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.access import Permission
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start

HTML = {"Accept": "text/html"}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def artifact_id(installation: Installation, database: Database, tenant: Tenant) -> UUID:
    """A file of about 40 kB."""
    dataset = insert_orders(database, tenant, uuid4)
    client = installation.sign_in(tenant)
    definition = {"dataset_id": str(dataset.id), "columns": ["order_id", "amount"], "timezone": "UTC", "limit": 3000}
    report = client.post("/api/reports", json={"name": 'Größe: 日本 "x"', "definition": definition}).json()
    run = client.post(f"/api/reports/{report['id']}/export", json={"format": "csv"}).json()
    installation.daemon.run(UUID(run["id"]))
    done = client.get(f"/api/report-executions/{run['id']}").json()
    return next(UUID(one["id"]) for one in done["artifacts"] if one["format"] == "csv")


@pytest.fixture
def mint(installation: Installation, tenant: Tenant, artifact_id: UUID) -> Callable[..., dict[str, str]]:
    """Make a link over REST; the path of its address comes with it."""
    client = installation.sign_in(tenant)

    def make(**terms: object) -> dict[str, str]:
        made = client.post("/api/links", json={"artifact_id": str(artifact_id), **terms})
        assert made.status_code == 201, made.text
        return {**made.json(), "path": made.json()["url"].removeprefix("http://localhost:8501")}

    return make


def history(installation: Installation, tenant: Tenant, link: dict[str, str]) -> list[str]:
    uses = installation.sign_in(tenant).get(f"/api/links/{link['id']}").json()["history"]
    return [use["result"] for use in reversed(uses)]


def test_a_download_goes_on_where_it_broke_off(
    installation: Installation, tenant: Tenant, mint: Callable[..., dict[str, str]]
) -> None:
    link, client = mint(max_uses=1), installation.client
    head = client.head(link["path"])
    assert (head.status_code, head.content, head.headers["accept-ranges"]) == (200, b"", "bytes")
    whole = client.get(link["path"])
    size, etag = len(whole.content), whole.headers["etag"]
    assert (whole.status_code, int(head.headers["content-length"])) == (200, size)
    assert head.headers["etag"] == etag
    rest = client.get(link["path"], headers={"Range": "bytes=1000-", "If-Range": etag})
    assert (rest.status_code, rest.headers["content-range"]) == (206, f"bytes 1000-{size - 1}/{size}")
    assert rest.content == whole.content[1000:]
    some = client.get(link["path"], headers={"Range": "bytes=5-9"})
    assert (some.content, some.headers["content-length"]) == (whole.content[5:10], "5")
    last = client.get(link["path"], headers={"Range": "bytes=-7"})
    assert last.content == whole.content[-7:]
    beyond = client.get(link["path"], headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    changed = client.get(link["path"], headers={"Range": "bytes=5-9", "If-Range": '"other"'})
    assert changed.status_code == 404, "that is the whole file once more, and the one use is used up"
    assert client.get(link["path"]).status_code == 404
    assert set(history(installation, tenant, link)) == {"opened", "resumed", "used_up"}
    installation.clock.advance(timedelta(minutes=59))
    assert client.get(link["path"], headers={"Range": "bytes=5-9"}).status_code == 206
    installation.clock.advance(timedelta(minutes=1, seconds=1))
    assert client.get(link["path"], headers={"Range": "bytes=5-9"}).status_code == 404


@pytest.mark.parametrize("header", ["bytes=9-5", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes="])
def test_a_range_that_is_none_gives_the_whole_file(
    installation: Installation, mint: Callable[..., dict[str, str]], header: str
) -> None:
    answer = installation.client.get(mint()["path"], headers={"Range": header})
    assert (answer.status_code, "content-range" in answer.headers) == (200, False)


def test_the_download_of_the_api_knows_ranges_too(
    installation: Installation, database: Database, tenant: Tenant, artifact_id: UUID
) -> None:
    client = installation.sign_in(tenant)
    with database.organization(tenant.organization_id) as session:
        run_id = session.execute(text("SELECT run_id FROM artifacts WHERE id = :id"), {"id": artifact_id}).scalar_one()
    url = f"/api/report-executions/{run_id}/download?format=csv"
    whole = client.get(url)
    assert client.get(url, headers={"Range": "bytes=3-10"}).content == whole.content[3:11]
    head = client.head(url)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))


def test_what_goes_along_with_a_file(installation: Installation, mint: Callable[..., dict[str, str]]) -> None:
    headers = installation.client.get(mint()["path"]).headers
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe" in headers["content-disposition"]
    assert headers["content-disposition"].isascii()
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_links_end_and_are_made_again(
    installation: Installation, tenant: Tenant, mint: Callable[..., dict[str, str]]
) -> None:
    link, stranger, client = mint(valid_s=600, max_uses=3), installation.client, installation.sign_in(tenant)
    assert stranger.get(link["path"]).status_code == 200
    again = client.post(f"/api/links/{link['id']}/renew").json()
    gone = stranger.get(link["path"], headers=HTML)
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "taken back" in gone.text
    path = again["url"].removeprefix("http://localhost:8501")
    assert stranger.get(path).status_code == 200
    listed = client.get(f"/api/links/{again['id']}").json()
    assert (listed["max_uses"], listed["uses"], listed["created_by"]) == (3, 1, tenant.principal.name)
    installation.clock.advance(timedelta(seconds=600))
    assert "has expired" in stranger.get(path).json()["detail"]
    other = mint()
    client.post(f"/api/links/{other['id']}/revoke")
    assert stranger.get(other["path"]).status_code == 404
    run_id = listed["execution_id"]
    assert client.get(f"/api/links?execution_id={run_id}").json()["total"] == 3
    assert history(installation, tenant, other) == ["revoked"]


def test_unset_a_link_lasts_an_hour(installation: Installation, mint: Callable[..., dict[str, str]]) -> None:
    assert mint()["expires_at"] == (installation.clock.now() + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(
    ("sql", "result"),
    [
        ("UPDATE users SET is_active = false", "not_allowed"),
        ("UPDATE memberships SET left_at = now()", "not_allowed"),
        (f"UPDATE roles SET permissions = array_remove(permissions, '{Permission.MANAGE_EXPORTS}')", "not_allowed"),
        (
            """UPDATE datasets SET content = content || '{"needs": "see_sql"}';
            UPDATE roles SET permissions = array_remove(permissions, 'see_sql')""",
            "not_allowed",
        ),
        ("UPDATE roles SET permissions = array_remove(permissions, 'see_sql')", "opened"),
        ("UPDATE artifacts SET deleted_at = now()", "removed"),
    ],
)
def test_policy_is_asked_again_at_each_use(
    installation: Installation,
    tenant: Tenant,
    mint: Callable[..., dict[str, str]],
    owner_session: Session,
    sql: str,
    result: str,
) -> None:
    link = mint()
    owner_session.execute(text(sql))
    owner_session.commit()
    answer = installation.client.get(link["path"], headers=HTML)
    assert answer.status_code == (200 if result == "opened" else 404)
    results = owner_session.execute(text("SELECT result FROM link_uses")).scalars().all()
    assert results == [result]


def test_only_who_gets_the_code_opens_the_file(
    installation: Installation, tenant: Tenant, mint: Callable[..., dict[str, str]]
) -> None:
    link = mint(recipient="bob@example.com")
    app = installation.client.app
    with TestClient(app, base_url="http://localhost") as bob, TestClient(app, base_url="http://localhost") as eve:
        asked = bob.get(link["path"], headers=HTML)
        assert (asked.status_code, "b…@example.com" in asked.text) == (403, True)
        assert "bob@" not in asked.text
        assert bob.post(link["path"], data={"send": "1"}).status_code == 200
        assert bob.post(link["path"], data={"send": "1"}).status_code == 429, "one a minute"
        (mail,) = installation.broadsheet.settings.outbox_dir.glob("*.eml")
        code = re.findall(r"\b\d{6}\b", mail.read_text())[0]
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        assert eve.post(link["path"], data={"code": wrong}).status_code == 422
        done = bob.post(link["path"], data={"code": code}, follow_redirects=False)
        assert (done.status_code, done.headers["location"]) == (303, link["path"])
        assert "HttpOnly" in done.headers["set-cookie"]
        assert bob.get(link["path"]).status_code == 200
        assert eve.get(link["path"]).status_code == 403
        assert eve.post(link["path"], data={"code": code}).status_code == 422, "a code is good once"
        installation.clock.advance(timedelta(minutes=31))
        assert bob.get(link["path"]).status_code == 403
    assert history(installation, tenant, link) == ["code_sent", "code_wrong", "opened", "code_wrong"]


def test_codes_cannot_be_guessed(installation: Installation, mint: Callable[..., dict[str, str]]) -> None:
    link, client = mint(recipient="bob@example.com"), installation.client
    for number in range(10):
        assert client.post(link["path"], data={"send": "1"}).status_code == 200
        mails = installation.broadsheet.settings.outbox_dir.glob("*.eml")
        newest = max(mails, key=lambda path: path.stat().st_mtime_ns)
        code = re.findall(r"\b\d{6}\b", newest.read_text())[0]
        for _ in range(5 if number == 0 else 0):
            client.post(link["path"], data={"code": "x"})
        if number == 0:
            assert client.post(link["path"], data={"code": code}).status_code == 422, "after five wrong ones"
        installation.clock.advance(timedelta(minutes=1))
    assert "No more codes" in client.post(link["path"], data={"send": "1"}).json()["detail"]


def test_guessing_tokens_is_slowed_down(installation: Installation, mint: Callable[..., dict[str, str]]) -> None:
    client, link = installation.client, mint()
    for _ in range(35):
        assert client.get(link["path"]).status_code == 200, "a right one is never counted"
    answers = [client.get(f"/d/{number:043d}", headers=HTML) for number in range(31)]
    assert [one.status_code for one in answers] == [404] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_strangers_and_viewers_reach_no_links(
    installation: Installation,
    mint: Callable[..., dict[str, str]],
    make_organization: Callable[..., Tenant],
    artifact_id: UUID,
) -> None:
    link = mint()
    for tenant, status in ((make_organization(), 404), (make_organization(role="viewer"), 403)):
        client = installation.sign_in(tenant)
        assert client.post("/api/links", json={"artifact_id": str(artifact_id)}).status_code == status
        assert client.get(f"/api/links/{link['id']}").status_code == status
        assert client.post(f"/api/links/{link['id']}/revoke").status_code == status
    assert installation.client.get(link["path"]).status_code == 200


@pytest.mark.parametrize(
    ("terms", "place"),
    [({"valid_s": 0}, "valid_s"), ({"max_uses": 0}, "max_uses"), ({"recipient": "a@b.c\r\nBcc: d"}, "recipient")],
)
def test_terms_that_cannot_be_are_named(
    installation: Installation, tenant: Tenant, artifact_id: UUID, terms: dict[str, object], place: str
) -> None:
    answer = installation.sign_in(tenant).post("/api/links", json={"artifact_id": str(artifact_id), **terms})
    assert (answer.status_code, answer.json()["place"]) == (422, place)
