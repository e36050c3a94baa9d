"""What a person does with the ways they sign in: password, second factor, sessions; and what an administrator may."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import httpx2 as httpx
import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db.migrate import DatabaseUrls
from core.domain.sign_in import NextStep, SecondFactorMissing, SecondFactorNeeded, Visit
from core.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from core.services.passwords import ASKED
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, start

NEW = "seven otters eating kelp"


@pytest.fixture
def installation(
    tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    monkeypatch.setattr("bcrypt.gensalt", lambda _rounds: b"$2b$04$" + b"abcdefghijklmnopqrstuu")
    yield from start(tmp_path, database_urls, clock)


def actions(owner_session: Session, user_id: UUID) -> list[str]:
    """The audit's events about a person, in the order in which they were recorded."""
    found = owner_session.execute(
        text("SELECT action FROM audit_events WHERE object_id = :user ORDER BY at, id"), {"user": user_id}
    )
    return sorted(found.scalars())


def mailed_link(outbox: Path) -> str:
    """The secret of the link in the newest mail."""
    newest = max(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    body = message_from_bytes(newest.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()
    return re.search(r"/reset/([\w-]+)", body)[1]


def code_at(secret: str, when: datetime) -> str:
    return pyotp.TOTP(secret).at(when)


def enrolled(installation: Installation, tenant: Tenant) -> tuple[str, tuple[str, ...]]:
    """Give the tenant's person a second factor; its secret and recovery codes. The code of now is used then."""
    factors = installation.broadsheet.second_factor
    offer = factors.offer(tenant.principal, tenant.password)
    codes = factors.enrol(tenant.principal, code_at(offer.secret, installation.clock.now()))
    installation.clock.advance(timedelta(seconds=60))
    return offer.secret, codes


def test_a_password_is_changed_with_the_old_one_and_ends_every_other_session(
    installation: Installation, tenant: Tenant, owner_session: Session
) -> None:
    here, elsewhere = installation.sign_in(tenant), installation.sign_in(tenant)
    browser = installation.broadsheet.sessions.open(tenant.user_id)
    wrong = here.put("/api/me/password", json={"old": "not it at all", "new": NEW})
    assert (wrong.status_code, wrong.json()["place"]) == (422, "password")
    assert here.put("/api/me/password", json={"old": tenant.password, "new": NEW}).status_code == 204
    assert here.get("/api/me").status_code == 200
    assert elsewhere.get("/api/me").status_code == 401
    with pytest.raises(NotSignedIn):
        installation.broadsheet.access.principal_for_session(browser)
    with pytest.raises(NotSignedIn):
        installation.broadsheet.sign_in.verify(tenant.principal.email, tenant.password)
    assert installation.broadsheet.sign_in.verify(tenant.principal.email, NEW) == tenant.user_id
    assert "password.changed" in actions(owner_session, tenant.user_id)


def test_a_forgotten_password_is_set_anew_with_a_link_that_is_good_once(
    installation: Installation, tenant: Tenant, owner_session: Session, clock: FixedClock
) -> None:
    signed_in, outbox = installation.sign_in(tenant), installation.broadsheet.settings.outbox_dir
    passwords = installation.broadsheet.passwords

    def forgot(address: str) -> httpx.Response:
        return installation.client.post("/api/auth/password/forgot", json={"username": address})

    known, unknown = forgot(tenant.principal.email), forgot("nobody@example.com")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (202, {"message": ASKED})
    passwords.forgot(tenant.principal.email, Visit()).result(60)
    assert len(list(outbox.glob("*.eml"))) == 1, "nobody is flooded, and nobody unknown is mailed"
    secret = mailed_link(outbox)
    page = installation.client.get(f"/reset/{secret}")
    assert tenant.principal.email in page.text
    assert "no-referrer" in page.headers["Referrer-Policy"]

    def send(first: str, second: str) -> httpx.Response:
        return installation.client.post(f"/reset/{secret}", data={"password": first, "again": second})

    assert "The two passwords differ" in send(NEW, NEW + "!").text
    assert "easy to guess" in send("passwordpassword", "passwordpassword").text
    assert send(NEW, NEW).status_code == 200
    assert send("another one entirely", "another one entirely").status_code == 404
    assert signed_in.get("/api/me").status_code == 401
    assert installation.broadsheet.sign_in.verify(tenant.principal.email, NEW) == tenant.user_id
    clock.advance(timedelta(minutes=6))
    passwords.forgot(tenant.principal.email, Visit()).result(60)
    late = mailed_link(outbox)
    assert late != secret
    clock.advance(timedelta(hours=1))
    with pytest.raises(NotFound):
        passwords.reset(late, "yet another one of them")
    assert {"password.forgotten", "password.changed"} <= set(actions(owner_session, tenant.user_id))


def test_a_second_factor_is_asked_and_no_code_is_good_twice(
    installation: Installation, tenant: Tenant, clock: FixedClock
) -> None:
    sign_in, email = installation.broadsheet.sign_in, tenant.principal.email
    secret, codes = enrolled(installation, tenant)
    with pytest.raises(SecondFactorNeeded):
        sign_in.verify(email, tenant.password)
    answer = installation.client.post("/api/auth/token", json={"username": email, "password": tenant.password})
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_needed")
    code = code_at(secret, clock.now())
    assert sign_in.verify(email, tenant.password, code=code) == tenant.user_id
    older = code_at(secret, clock.now() - timedelta(seconds=30))
    for replayed in (code, older):
        with pytest.raises(NotSignedIn, match="used already"):
            sign_in.verify(email, tenant.password, code=replayed)
    assert len(codes) == 10
    assert sign_in.verify(email, tenant.password, code=codes[3].upper().replace("-", " ")) == tenant.user_id
    with pytest.raises(NotSignedIn, match="used already"):
        sign_in.verify(email, tenant.password, code=codes[3])
    assert installation.broadsheet.second_factor.standing(tenant.principal).recovery_left == 9


def test_wrong_codes_lock_the_account(installation: Installation, tenant: Tenant, clock: FixedClock) -> None:
    sign_in = installation.broadsheet.sign_in
    secret, _codes = enrolled(installation, tenant)
    assert sign_in.begin(tenant.principal.email) is not None
    assert sign_in.next_step(tenant.user_id) is NextStep.CODE
    for _ in range(4):
        with pytest.raises(NotSignedIn):
            sign_in.check_code(tenant.user_id, "000000", Visit())
    with pytest.raises(NotSignedIn, match="locked"):
        sign_in.check_code(tenant.user_id, code_at(secret, clock.now()), Visit())
    clock.advance(timedelta(minutes=2))
    sign_in.check_code(tenant.user_id, code_at(secret, clock.now()), Visit())
    assert sign_in.welcome(tenant.user_id, Visit())
    assert sign_in.begin(tenant.principal.email) is not None, "the count begins anew"


def test_a_factor_is_taken_away_with_password_and_code_only(
    installation: Installation, tenant: Tenant, clock: FixedClock
) -> None:
    factors = installation.broadsheet.second_factor
    secret, codes = enrolled(installation, tenant)
    with pytest.raises(InvalidInput):
        factors.remove(tenant.principal, password="wrong", code=codes[0])
    with pytest.raises(InvalidInput):
        factors.remove(tenant.principal, password=tenant.password, code="123")
    renewed = factors.renew_codes(tenant.principal, password=tenant.password, code=codes[1])
    with pytest.raises(InvalidInput):
        factors.remove(tenant.principal, password=tenant.password, code=codes[2])
    factors.remove(tenant.principal, password=tenant.password, code=renewed[0])
    assert installation.broadsheet.sign_in.verify(tenant.principal.email, tenant.password) == tenant.user_id
    assert secret not in str(installation.broadsheet.second_factor)


def test_an_organization_asks_everyone_for_a_second_factor(
    installation: Installation, tenant: Tenant, owner_session: Session, clock: FixedClock
) -> None:
    broadsheet = installation.broadsheet
    member = add_member(owner_session, tenant, role="viewer", name="Ben")
    with pytest.raises(NotAllowed):
        broadsheet.second_factor.demand(member.principal, required=True)
    admin = installation.sign_in(tenant)
    assert admin.put("/api/sign-in-rules", json={"second_factor_required": True}).json() == {
        "second_factor_required": True
    }
    with pytest.raises(SecondFactorMissing):
        broadsheet.sign_in.verify(member.principal.email, member.password)
    assert broadsheet.sign_in.next_step(member.user_id) is NextStep.ENROL
    offer = broadsheet.sign_in.offer_factor(member.user_id)
    assert len(broadsheet.sign_in.confirm_factor(member.user_id, code_at(offer.secret, clock.now()))) == 10
    clock.advance(timedelta(minutes=1))
    code = code_at(offer.secret, clock.now())
    assert broadsheet.sign_in.verify(member.principal.email, member.password, code=code)
    with pytest.raises(NotAllowed, match="asks for"):
        broadsheet.second_factor.remove(member.principal, password=member.password, code=code)
    assert admin.delete(f"/api/users/{member.user_id}/second-factor").status_code == 204
    assert broadsheet.sign_in.next_step(member.user_id) is NextStep.ENROL
    assert {"second_factor.enrolled", "second_factor.reset"} <= set(actions(owner_session, member.user_id))


def test_who_mends_how_others_sign_in(
    installation: Installation,
    tenant: Tenant,
    make_organization: Callable[..., Tenant],
    owner_session: Session,
) -> None:
    """An administrator does so in their own organization only, and not for who has more to say than they."""
    admin = make_organization(role="organization_admin")
    member = add_member(owner_session, admin, role="viewer", name="Ben")
    boss = add_member(owner_session, admin, role="installation_admin", name="Cleo")
    client, viewer = installation.sign_in(admin), installation.sign_in(member)
    assert client.post(f"/api/users/{member.user_id}/password-link").status_code == 202
    assert mailed_link(installation.broadsheet.settings.outbox_dir)
    for action in (
        lambda who, user: who.post(f"/api/users/{user}/password-link"),
        lambda who, user: who.delete(f"/api/users/{user}/second-factor"),
    ):
        assert action(viewer, boss.user_id).status_code == 403
        assert action(client, boss.user_id).status_code == 403
        assert action(client, tenant.user_id).status_code == 404
    role = {"name": "People only", "permissions": ["view_reports", "manage_members"]}
    assert client.post("/api/roles", json=role).status_code == 201
    clerk = installation.sign_in(add_member(owner_session, admin, role="People only", name="Dana"))
    assert clerk.post(f"/api/users/{member.user_id}/password-link").status_code == 202
    for path in ("password-link", "second-factor"):
        method = "POST" if path == "password-link" else "DELETE"
        answer = clerk.request(method, f"/api/users/{admin.user_id}/{path}")
        assert (answer.status_code, "may do more than you" in answer.text) == (403, True)


def test_sessions_are_listed_and_ended_by_their_owner_alone(
    installation: Installation, tenant: Tenant, make_organization: Callable[..., Tenant], clock: FixedClock
) -> None:
    first, second = installation.sign_in(tenant), installation.sign_in(tenant)
    stranger = installation.sign_in(make_organization())
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
    ticket = installation.broadsheet.sign_in.welcome(tenant.user_id, Visit())
    browser = installation.broadsheet.sessions.swap(ticket, Visit.of("203.0.113.7", chrome))
    clock.advance(timedelta(minutes=5))
    assert second.get("/api/me").status_code == 200
    listed = {one["id"]: one for one in first.get("/api/me/sessions").json()["items"]}
    assert sorted(one["device"] for one in listed.values()) == ["Chrome on Linux", "Unknown device", "Unknown device"]
    assert [one["address"] for one in listed.values() if "Chrome" in one["device"]] == ["203.0.113.7"]
    seen = {one["last_seen_at"] for one in listed.values()}
    assert max(seen) == clock.now().isoformat(), "what is used is seen"
    assert min(seen) == (clock.now() - timedelta(minutes=5)).isoformat()
    chrome_id = next(key for key, one in listed.items() if "Chrome" in one["device"])
    assert stranger.delete(f"/api/me/sessions/{chrome_id}").status_code == 404
    assert first.delete(f"/api/me/sessions/{chrome_id}").status_code == 204
    with pytest.raises(NotSignedIn):
        installation.broadsheet.access.principal_for_session(browser)
    assert first.post("/api/me/sessions/end-others").json() == {"ended": 1}
    assert (first.get("/api/me").status_code, second.get("/api/me").status_code) == (200, 401)
    assert stranger.get("/api/me").status_code == 200


def test_an_api_token_changes_nothing_of_how_one_signs_in(installation: Installation, tenant: Tenant) -> None:
    person = installation.sign_in(tenant)
    token = person.post("/api/tokens", json={"name": "robot"}).json()["token"]
    robot = {"Authorization": f"Bearer {token}"}
    asks = {
        "/api/me/sessions/end-others": None,
        "/api/me/second-factor": {"password": tenant.password},
        "/api/me/second-factor/confirm": {"code": "123456"},
        "/api/me/second-factor/remove": {"password": tenant.password, "code": "123456"},
    }
    answers = [installation.client.post(path, json=body, headers=robot) for path, body in asks.items()]
    answers.append(installation.client.get("/api/me/sessions", headers=robot))
    change = {"old": tenant.password, "new": NEW}
    answers.append(installation.client.put("/api/me/password", json=change, headers=robot))
    answers.append(installation.client.put("/api/sign-in-rules", json={"second_factor_required": True}, headers=robot))
    assert {answer.status_code for answer in answers} == {403}


def test_the_secret_of_a_factor_is_sealed_and_the_app_has_no_way_to_the_tables(
    installation: Installation, tenant: Tenant, owner_session: Session
) -> None:
    secret, codes = enrolled(installation, tenant)
    whole = str(owner_session.execute(text("SELECT * FROM second_factors, recovery_codes")).all())
    assert secret not in whole
    assert not any(code.replace("-", "") in whole for code in codes)
    for table in ("second_factors", "recovery_codes", "password_resets", "sign_in_limits", "single_sign_ons"):
        with (
            pytest.raises(Exception, match="permission denied"),
            installation.broadsheet.database.installation() as session,
        ):
            session.execute(text(f"SELECT * FROM {table}"))


def test_unknown_attempts_are_the_installations_matter(
    installation: Installation, tenant: Tenant, owner_session: Session
) -> None:
    with pytest.raises(NotSignedIn):
        installation.broadsheet.sign_in.verify("nobody@example.com", "wrong", visit=Visit(address="203.0.113.9"))
    with pytest.raises(NotSignedIn):
        installation.broadsheet.sign_in.verify(tenant.principal.email, "wrong")
    found = owner_session.execute(text("SELECT organization_id, object_id FROM audit_events")).all()
    assert {(str(row[0]), row[1]) for row in found} == {
        ("00000000-0000-0000-0000-000000000000", None),
        (str(tenant.organization_id), tenant.user_id),
    }
