"""Single sign-on: Streamlit's own routes against a real provider over HTTP, and who is let in with what comes back."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.testclient import TestClient
from streamlit.auth_util import encode_provider_token
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes

from core.bootstrap import Broadsheet, build
from core.clock import FixedClock
from core.db.migrate import DatabaseUrls
from core.domain.sign_in import Identity, Visit
from core.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn
from core.settings import load_settings
from tests.conftest import Tenant
from tests.integration.api_parts import SECRET_KEY
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, oidc_provider

BASE = "http://localhost:8501"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with oidc_provider({"sub": "ada-1", "email": "ada@example.com", "name": "Ada Lovelace"}) as running:
        yield running


@pytest.fixture
def broadsheet(
    tmp_path: Path, database_urls: DatabaseUrls, provider: Provider, make_organization: Callable[..., Tenant]
) -> Iterator[Broadsheet]:
    make_organization(name="Northwind", email="boss@northwind.example")
    settings = load_settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=database_urls.app.render_as_string(hide_password=False),
        secret_key=SECRET_KEY,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_domains="northwind.example",
        oidc_organization="Northwind",
    )
    running = build(settings, FixedClock(datetime.now(UTC)))
    yield running
    running.close()


@pytest.fixture
def log_in(broadsheet: Broadsheet, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Identity | None]:
    """Log in at the provider as Streamlit does it; what its cookie then says."""
    secrets: Any = broadsheet.sso.streamlit_secrets
    monkeypatch.setattr(secrets_singleton, "_secrets", secrets)
    cookie_secret = secrets["auth"]["cookie_secret"]
    app = Starlette(routes=create_auth_routes(""), middleware=[Middleware(SessionMiddleware, secret_key=cookie_secret)])

    def run() -> Identity | None:
        with TestClient(app, base_url=BASE, follow_redirects=False) as browser:
            away = browser.get(f"/auth/login?provider={encode_provider_token('default')}")
            back = httpx.get(away.headers["location"])
            browser.get(back.headers["location"].removeprefix(BASE))
            cookie = browser.cookies.get("_streamlit_user")
        if cookie is None:
            return None
        signed = decode_signed_value(cookie_secret, "_streamlit_user", cookie.strip('"').encode())
        return Identity.of(json.loads(signed))

    return run


def count_users(owner_session: Session) -> int:
    return owner_session.execute(text("SELECT count(*) FROM users")).scalar_one()


def test_a_member_signs_in_at_the_provider_and_has_no_password_from_then_on(
    broadsheet: Broadsheet, provider: Provider, log_in: Callable[[], Identity], make_organization: Callable[..., Tenant]
) -> None:
    member = make_organization(email="ada@example.com")
    before = broadsheet.sign_in.verify(member.principal.email, member.password)
    identity = log_in()
    ticket = broadsheet.sso.enter(identity, Visit())
    session = broadsheet.sessions.swap(ticket, Visit())
    principal = broadsheet.access.principal_for_session(session)
    assert principal.user_id == before == member.user_id
    with pytest.raises(NotSignedIn, match="used already"):
        broadsheet.sso.enter(identity, Visit())
    with pytest.raises(NotSignedIn, match="address or the password is wrong"):
        broadsheet.sign_in.verify(member.principal.email, member.password)
    broadsheet.passwords.forgot(member.principal.email, Visit()).result(60)
    assert not list(broadsheet.settings.outbox_dir.glob("*"))
    with pytest.raises(NotAllowed):
        broadsheet.passwords.change(principal, old=member.password, new="seven otters eating kelp")
    assert broadsheet.second_factor.standing(principal).uses_sso
    provider.person = {"sub": "ada-1", "email": "ada.king@example.com"}
    renamed = broadsheet.sso.enter(log_in(), Visit())
    assert broadsheet.access.principal_for_session(renamed).user_id == member.user_id, "the subject stays"
    provider.person = {"sub": "someone-else", "email": "ada@example.com"}
    with pytest.raises(NotSignedIn):
        broadsheet.sso.enter(log_in(), Visit())


def test_who_is_let_in(
    broadsheet: Broadsheet,
    provider: Provider,
    log_in: Callable[[], Identity],
    owner_session: Session,
    make_organization: Callable[..., Tenant],
) -> None:
    """Only verified addresses, of members or of a domain that may join, with the role for those."""
    make_organization(email="ada@example.com")
    people = count_users(owner_session)
    for person in (
        {"sub": "1", "email": "ada@example.com", "email_verified": False},
        {"sub": "2", "email": "new@northwind.example", "email_verified": "no"},
        {"sub": "3", "email": "stranger@elsewhere.example"},
        {"sub": "4", "email": "a@northwind.example@elsewhere.example"},
        {"sub": "5"},
        {"sub": "", "email": "ada@example.com"},
    ):
        provider.person = person
        with pytest.raises(NotSignedIn, match="opens no account"):
            broadsheet.sso.enter(log_in(), Visit())
    owner_session.rollback()
    assert count_users(owner_session) == people
    provider.person = {"sub": "6", "email": "New@Northwind.example", "name": "New Person"}
    principal = broadsheet.access.principal_for_session(broadsheet.sso.enter(log_in(), Visit()))
    assert (principal.email, principal.name, principal.organization, principal.role) == (
        "new@northwind.example",
        "New Person",
        "Northwind",
        "viewer",
    )


def test_what_the_provider_did_not_sign_gets_no_cookie(
    broadsheet: Broadsheet, provider: Provider, log_in: Callable[[], Identity | None]
) -> None:
    for wrong in ({"aud": "another client"}, {"nonce": "another one"}, {"iss": "http://127.0.0.1:1"}, {"exp": 1}):
        provider.claims = wrong
        assert log_in() is None, wrong
    provider.claims = {}
    identity = log_in()
    assert identity is not None
    for forged in (
        replace(identity, issuer="http://127.0.0.1:1"),
        replace(identity, issued_at=identity.issued_at - 3600),
        replace(identity, is_verified=False),
    ):
        with pytest.raises(NotSignedIn):
            broadsheet.sso.enter(forged, Visit())


def test_nobody_becomes_an_administrator_by_joining(
    broadsheet: Broadsheet, log_in: Callable[[], Identity], provider: Provider
) -> None:
    object.__setattr__(broadsheet.settings, "oidc_role", "organization_admin")
    provider.person = {"sub": "7", "email": "new@northwind.example"}
    with pytest.raises(NotSignedIn, match="opens no account"):
        broadsheet.sso.enter(log_in(), Visit())


def test_an_administrator_cannot_mail_a_password_link_to_who_has_none(
    broadsheet: Broadsheet, log_in: Callable[[], Identity], make_organization: Callable[..., Tenant]
) -> None:
    member = make_organization(email="ada@example.com")
    broadsheet.passwords.send_link(member.principal, member.user_id)
    broadsheet.sso.enter(log_in(), Visit())
    with pytest.raises(NotAllowed):
        broadsheet.passwords.send_link(member.principal, member.user_id)
    with pytest.raises(NotFound):
        broadsheet.passwords.reset("never was", "seven otters eating kelp")
    with pytest.raises((InvalidInput, NotAllowed)):
        broadsheet.second_factor.offer(member.principal, member.password)
