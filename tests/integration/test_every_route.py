"""Every route of the API and every page beside it, asked by those who have no business there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.api.chart_links import chart_links
from core.api.metrics_routes import metrics_routes
from core.api.public_routes import public_routes
from core.api.session_routes import session_routes
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from tests.api_requests import Asked, Requests, routes_of
from tests.conftest import Tenant
from tests.every_object import MARK, World, make_world
from tests.integration.api_parts import Installation, add_member, all_saved_links, start
from tests.route_rules import OWN_THINGS, PAGES, PUBLIC, RULES

#: The report has no chart: a picture costs a browser.
_NO_CHART = "GET /reports/{report_id}/chart"


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock, rate_limits="off")


@pytest.fixture
def routes(installation: Installation) -> tuple[Asked, ...]:
    return tuple(routes_of(installation.client.get("/api/openapi.json").json()))


@pytest.fixture
def member(owner_session: Session, tenant: Tenant) -> Callable[[str], Tenant]:
    return lambda role: add_member(owner_session, tenant, role=role, name=role.title())


def test_every_route_is_listed(routes: tuple[Asked, ...]) -> None:
    assert {route.name for route in routes} == {*RULES, *PUBLIC}, "say in tests/route_rules.py who may call it"
    assert not set(RULES) & set(PUBLIC)


def test_nobody_gets_past_the_door(
    installation: Installation, routes: tuple[Asked, ...], member: Callable[[str], Tenant]
) -> None:
    client, expired = installation.client, _expired(installation, member("data_admin"))
    for number, route in enumerate(routes):
        if route.name in PUBLIC:
            continue
        address = "/api" + route.path.replace("{", "").replace("}", "")
        for headers in ({}, {"Authorization": f"Bearer {expired[number % len(expired)]}"}):
            answer = client.request(route.method, address, content=b"{not json", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), route.name


def _expired(installation: Installation, tenant: Tenant) -> tuple[str, ...]:
    """A personal token and a bearer of a session that were good a moment ago, and words that never were."""
    services, now = installation.broadsheet, installation.clock.now()
    _, personal = services.tokens.create(tenant.principal, name="t", expires_at=now + timedelta(hours=1))
    bearer = str(installation.sign_in(tenant).headers["Authorization"]).removeprefix("Bearer ")
    for token in (personal, bearer):
        assert services.access.principal_for_bearer(token).user_id == tenant.user_id
    installation.clock.advance(timedelta(days=2))
    return personal, bearer, "nonsense", "bsp_nonsense"


def test_every_route_tells_strangers_nothing_and_viewers_what_they_may_see(
    installation: Installation,
    routes: tuple[Asked, ...],
    database: Database,
    tenant: Tenant,
    member: Callable[[str], Tenant],
    make_organization: Callable[..., Tenant],
) -> None:
    viewer, somebody, stranger = member("viewer"), member("editor"), make_organization(role="organization_admin")
    world = make_world(installation, database, tenant, member=somebody)
    requests = Requests(installation.client.get("/api/openapi.json").json(), world)
    owner, as_viewer, as_stranger = (installation.sign_in(one) for one in (tenant, viewer, stranger))
    readable = [route for route in routes if route.method == "GET" and "_id}" in route.path and route.name != _NO_CHART]
    before = _statuses(owner, requests, readable)
    assert not {name: status for name, status in before.items() if status != 200}, "else a 404 would say nothing"
    wrong = []
    for route in routes:
        if route.name in PUBLIC:
            continue
        rule = RULES[route.name]
        requests.caller = stranger.principal.email
        wrong += _mistakes(as_stranger, requests, route, rule.stranger, told=_secrets(requests, route, world))
        requests.caller = viewer.principal.email
        wrong += _mistakes(as_viewer, requests, route, rule.viewer)
    assert wrong == []
    assert _statuses(owner, requests, readable) == before, "nothing was deleted"


def _statuses(client: TestClient, requests: Requests, routes: list[Asked]) -> dict[str, int]:
    asked = {one.name: client.get(requests.address(one), params=requests.query(one)) for one in routes}
    return {name: answer.status_code for name, answer in asked.items()}


def _mistakes(
    client: TestClient, requests: Requests, route: Asked, right: int, *, told: tuple[str, ...] = ()
) -> list[str]:
    """What is wrong with the answer, if anything; `told` must not stand in it."""
    body = requests.body(route)
    sent = {"json": body} if body is not None else {}
    answer = client.request(route.method, requests.address(route), params=requests.query(route), **sent)
    status = answer.status_code
    is_right = status not in (401, 403, 404) and status < 500 if right == OWN_THINGS else status == right
    mistakes = [] if is_right else [f"{route.name}: {status} instead of {right or 'an answer'}: {answer.text[:200]}"]
    return mistakes + [f"{route.name} tells {one}: {answer.text[:500]}" for one in told if one in answer.text]


def _secrets(requests: Requests, route: Asked, world: World) -> tuple[str, ...]:
    """What a stranger must not read, less what they wrote themselves."""
    said = f"{requests.address(route)} {requests.query(route)} {requests.body(route)}"
    words = (MARK, *(value for name, value in world.ids.items() if name != "provider"))
    return tuple(word for word in words if word not in said)


def test_every_page_beside_the_api_is_listed(installation: Installation) -> None:
    parts = installation.broadsheet
    pages = [
        *public_routes(parts),
        *metrics_routes(parts.metrics, parts.access),
        *session_routes(parts.sessions, parts.access, secure=True),
        *chart_links(parts.charts, parts.access),
        *all_saved_links(parts),
    ]
    one = uuid4()
    saved = ("/saved/audit.csv", "/saved/personal-data.csv", "/saved/about.zip", f"/saved/mail/{one}")
    saved = (*saved, f"/saved/template/{one}", f"/saved/example/{one}", "/saved/look.pdf")
    cookie_or_token = ("/metrics", "/auth/here", f"/charts/{uuid4()}", *saved)
    app = TestClient(Starlette(routes=pages))
    assert {path: app.get(path).status_code for path in cookie_or_token} == dict.fromkeys(cookie_or_token, 401)
    assert {app.post(path, json={}).status_code for path in ("/auth/enter", "/auth/leave")} == {403}, "no page of ours"
    assert {page.path for page in pages} == set(PAGES), "say in tests/route_rules.py who may open it"
