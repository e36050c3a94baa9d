import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api.session_cookie import SESSION_COOKIE
from core.api.session_routes import session_routes
from pages.widgets import app as screens

from . import fake_data, fake_services

ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture
def access():
    return fake_services.FakeAccess("viewer")


@pytest.fixture
def sessions(access):
    return fake_services.FakeSessions(access, "viewer")


@pytest.fixture
def client(access, sessions):
    return TestClient(Starlette(routes=session_routes(sessions, access, secure=False)))


def test_a_ticket_becomes_another_secret_that_scripts_cannot_read(client, access, sessions):
    ticket = sessions.open(fake_data.ADA)
    answer = client.post("/auth/enter", json={"ticket": ticket}, headers=ORIGIN)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    token = answer.cookies[SESSION_COOKIE]
    assert token != ticket
    assert token in access.sessions


def test_a_ticket_is_good_for_one_call(client, access, sessions):
    ticket = sessions.open(fake_data.ADA)
    client.post("/auth/enter", json={"ticket": ticket}, headers=ORIGIN)
    assert client.post("/auth/enter", json={"ticket": ticket}, headers=ORIGIN).status_code == 401


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}])
def test_other_sites_can_neither_enter_nor_leave(client, access, sessions, headers):
    ticket = sessions.open(fake_data.ADA)
    assert client.post("/auth/enter", json={"ticket": ticket}, headers=headers).status_code == 403
    client.cookies.set(SESSION_COOKIE, ticket)
    assert client.post("/auth/leave", headers=headers).status_code == 403
    assert ticket in access.sessions


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"ticket": 1}', b'{"ticket": ""}', b'{"ticket": "' + b"x" * 5000 + b'"}']
)
def test_a_body_without_a_ticket_is_refused(client, body):
    headers = ORIGIN | {"Content-Type": "application/json"}
    assert client.post("/auth/enter", content=body, headers=headers).status_code == 400


def test_over_https_the_cookie_is_secure(access, sessions):
    client = TestClient(Starlette(routes=session_routes(sessions, access, secure=True)))
    answer = client.post("/auth/enter", json={"ticket": sessions.open(fake_data.ADA)}, headers=ORIGIN)
    assert "Secure" in answer.headers["set-cookie"]


def test_leaving_ends_the_session_and_clears_the_cookie(client, access, sessions):
    token = sessions.open(fake_data.ADA)
    client.cookies.set(SESSION_COOKIE, token)
    answer = client.post("/auth/leave", headers=ORIGIN)
    assert answer.status_code == 204
    assert token not in access.sessions
    assert 'broadsheet_session=""' in answer.headers["set-cookie"]


def test_entering_ends_the_session_that_the_browser_had(client, access, sessions):
    old = sessions.open(fake_data.ADA)
    client.cookies.set(SESSION_COOKIE, old)
    client.post("/auth/enter", json={"ticket": sessions.open(fake_data.ADA)}, headers=ORIGIN)
    assert old not in access.sessions


def test_an_open_page_learns_that_its_session_has_ended(client, access, sessions):
    token = sessions.open(fake_data.ADA)
    assert client.get("/auth/here").status_code == 401
    client.cookies.set(SESSION_COOKIE, token)
    assert client.get("/auth/here").status_code == 204
    sessions.close(token)
    assert client.get("/auth/here").status_code == 401


def test_routes_and_screens_speak_of_the_same_cookie():
    assert screens.SESSION_COOKIE == SESSION_COOKIE
