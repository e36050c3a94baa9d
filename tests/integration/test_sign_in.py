"""Signing in from the outside: the lock is not outrun, passwords hold up nobody else, and limits are kept."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from core.access.passwords import NOBODYS_HASH, hash_password
from core.bootstrap import build
from core.clock import FixedClock
from core.db.migrate import DatabaseUrls
from core.domain.quota import Quota
from core.domain.sign_in import Visit
from core.errors import NotSignedIn, TooManyRequests
from core.services.sign_in import SignInService
from pages.widgets import sign_in as sign_in_page
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, side_by_side, start


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


def test_the_lock_of_an_account_is_not_outrun(
    installation: Installation, tenant: Tenant, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, email = installation.broadsheet.sign_in, tenant.principal.email
    compared = []
    real = access.begin(email)
    assert real is not None
    access.verify(email, tenant.password)

    def compare(_password: str, password_hash: str) -> bool:
        if password_hash == real.password_hash:
            compared.append(password_hash)
        return False

    monkeypatch.setattr("core.services.sign_in.verify_password", compare)
    answers = side_by_side(lambda number: access.verify(email, f"guess {number}"), 30)
    assert {type(answer) for answer in answers} == {NotSignedIn}
    assert len(compared) == 5, "the sixth and later attempts see no password hash"
    monkeypatch.undo()
    with pytest.raises(NotSignedIn):
        access.verify(email, tenant.password)
    clock.advance(timedelta(minutes=1, seconds=1))
    assert access.verify(email, tenant.password) == tenant.user_id
    for _ in range(10):
        assert access.verify(email, tenant.password) == tenant.user_id, "right ones leave nothing behind"


def test_every_wrong_sign_in_is_the_work_of_one_hash(
    installation: Installation, tenant: Tenant, owner_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = {kind: add_member(owner_session, tenant, role="viewer", name=kind) for kind in ("left", "closed", "sso")}
    email = {kind: one.principal.email for kind, one in people.items()}
    for change in (
        "UPDATE memberships SET left_at = now() WHERE user_id = :left",
        "UPDATE users SET is_active = false WHERE id = :closed",
        "UPDATE users SET sso_issuer = 'x', sso_subject = 'y', password_hash = '' WHERE id = :sso",
    ):
        owner_session.execute(text(change), {kind: one.user_id for kind, one in people.items()})
    owner_session.commit()
    locked, known = add_member(owner_session, tenant, role="viewer", name="locked"), tenant.principal.email
    for _ in range(5):
        installation.broadsheet.sign_in.begin(locked.principal.email)
    addresses = [known, "nobody@example.com", "a\0@example.com", *email.values(), locked.principal.email]
    hashed: list[str] = []
    monkeypatch.setattr("bcrypt.checkpw", lambda _password, found: bool(hashed.append(found)))
    monkeypatch.setattr(sign_in_page, "broadsheet", lambda: installation.broadsheet)
    monkeypatch.setattr(sign_in_page, "visit", Visit)
    work = []
    for address in addresses:
        with pytest.raises(NotSignedIn, match="is wrong, or the account is locked"):
            installation.broadsheet.sign_in.verify(address, "not the password")
        by_rest, hashed[:] = len(hashed), []
        assert sign_in_page.check_and_open(address, "not the password") is None
        work.append((by_rest, len(hashed)))
        hashed.clear()
    assert work == [(1, 1)] * len(addresses)
    cost = (hash_password.__kwdefaults__ or {})["rounds"]
    assert NOBODYS_HASH.startswith(f"$2b${cost}$"), "a comparison with nobody's hash takes as long"


def test_an_address_that_cannot_be_stored_is_nobodys(installation: Installation) -> None:
    assert installation.broadsheet.sign_in.begin("a\0@example.com") is None
    assert installation.broadsheet.sign_in.begin("a\ud800@example.com") is None


def test_passwords_do_not_take_the_threads_of_the_api(
    installation: Installation, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Authorization": installation.sign_in(tenant).headers["Authorization"]}
    checking, done = threading.Semaphore(0), threading.Event()

    def slow(_sign_in: SignInService, _email: str, _password: str, **_more: object) -> tuple[str, int]:
        checking.release()
        assert done.wait(100)
        return "token", 1

    monkeypatch.setattr(SignInService, "issue_jwt", slow)

    async def ask() -> int:
        transport = httpx.ASGITransport(installation.client.app)
        body = {"username": "a@example.com", "password": "wrong"}
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(25):
                group.start_soon(lambda: client.post("/api/auth/token", json=body))
            await anyio.to_thread.run_sync(lambda: [checking.acquire(timeout=100) for _ in range(2)])
            try:
                with anyio.fail_after(60):
                    return (await client.get("/api/me", headers=headers)).status_code
            finally:
                done.set()

    assert anyio.run(ask) == 200


def test_failed_sign_ins_of_one_address_are_limited(
    installation: Installation, tenant: Tenant, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.services.sign_in.NOBODYS_HASH", hash_password("nobody's password", rounds=4))
    right = {"username": tenant.principal.email, "password": tenant.password}

    def sign_in(**body: str) -> httpx.Response:
        return installation.client.post("/api/auth/token", json=body)

    assert {sign_in(**right).status_code for _ in range(35)} == {200}, "right ones do not count"
    wrong = [sign_in(username=f"nobody{n}@example.com", password="wrong").status_code for n in range(30)]
    assert set(wrong) == {401}
    refused = sign_in(**right)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    other_process = build(installation.broadsheet.settings, clock)
    with pytest.raises(TooManyRequests):
        other_process.sign_in.admit(Visit())
    other_process.close()
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_requests"
    clock.advance(timedelta(seconds=2))
    assert sign_in(**right).status_code == 200


def test_requests_of_one_person_are_limited(
    installation: Installation,
    tenant: Tenant,
    make_organization: Callable[..., Tenant],
    clock: FixedClock,
) -> None:
    installation.broadsheet.quotas.set(tenant.principal, {Quota.REQUESTS_PER_MINUTE: 3})
    first, second = installation.sign_in(tenant), installation.sign_in(make_organization())
    assert [first.get("/api/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert first.get("/api/me").headers["Retry-After"] == "60"
    assert second.get("/api/me").status_code == 200
    clock.advance(timedelta(seconds=60))
    assert first.get("/api/me").status_code == 200


def test_limits_are_switched_off(
    tmp_path: Path,
    database_urls: DatabaseUrls,
    clock: FixedClock,
    make_organization: Callable[..., Tenant],
) -> None:
    for installation in start(tmp_path, database_urls, clock, rate_limits="off", quotas="requests_per_minute=1"):
        client: TestClient = installation.sign_in(make_organization())
        assert [client.get("/api/me").status_code for _ in range(3)] == [200] * 3
