"""Members, invitations, roles, organizations, tokens: nobody gets more than they were given, and an end is an end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from core.access.password_rule import PasswordRule
from core.access.passwords import hash_password
from core.api.session_cookie import SESSION_COOKIE
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import AuditEventRow
from core.domain.access import BUILT_IN_ROLES, Permission
from core.domain.group import GroupDraft
from core.domain.role import RoleDraft
from core.errors import Conflict, DeliveryDeferred, InvalidInput, NotAllowed, NotFound, NotSignedIn
from core.services.invitations import InvitationService
from core.services.sessions import SessionService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import Installation, add_member, side_by_side, start
from tests.run_parts import insert_report, insert_schedule

GOOD = "copper lantern under seven bridges"


@pytest.fixture
def installation(
    tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    # What a hash costs is asked elsewhere.
    monkeypatch.setattr("core.services.invitations.hash_password", partial(hash_password, rounds=4))
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def sessions(database: Database, clock: FixedClock) -> SessionService:
    return SessionService(database, clock)


@pytest.fixture
def admin(make_organization: Callable[..., Tenant]) -> Tenant:
    return make_organization(role="organization_admin")


@pytest.fixture
def member(owner_session: Session, admin: Tenant) -> Callable[..., Tenant]:
    return lambda role, name="Mia": add_member(owner_session, admin, role=role, name=name)


def _client(installation: Installation, tenant: Tenant) -> TestClient:
    _, secret = installation.broadsheet.tokens.create(tenant.principal, name="tests")
    return _with(installation, secret)


def _with(installation: Installation, secret: str) -> TestClient:
    client = TestClient(installation.client.app, raise_server_exceptions=False)
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def _invite(installation: Installation, tenant: Tenant, email: str = "new@example.com", **more: Any) -> str:
    """The secret of an invitation's link."""
    (made,) = installation.broadsheet.invitations.invite(tenant.principal, [email], **{"role": "editor", **more})
    assert made.link is not None
    return made.link.rpartition("/")[2]


def _owned(database: Database, tenant: Tenant) -> UUID:
    return insert_schedule(database, tenant, insert_report(database, tenant, name=str(uuid4())), next_run_at=None)


def test_nobody_gives_or_takes_more_than_they_hold(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant], owner_session: Session
) -> None:
    services, viewer = installation.broadsheet, member("viewer")
    top = add_member(owner_session, admin, role="installation_admin", name="Top")
    for role in ("viewer", "editor", "publisher", "data_admin"):
        lowly = member(role).principal
        asks: list[Callable[[], object]] = [
            lambda who=lowly: services.invitations.invite(who, ["a@example.com"], role="viewer"),
            lambda who=lowly: services.invitations.list(who),
            lambda who=lowly: services.members.change_role(who, who.user_id, "organization_admin"),
            lambda who=lowly: services.members.deactivate(who, admin.user_id),
            lambda who=lowly: services.members.remove(who, admin.user_id),
            lambda who=lowly: services.roles.create(who, RoleDraft(name="x", permissions=who.permissions)),
            lambda who=lowly: services.service_accounts.create(who, name="x", role="viewer"),
            lambda who=lowly: services.organizations.create(who, name="x", timezone="UTC"),
            lambda who=lowly: services.tokens.create(who, name="x", scopes=set(Permission)),
        ]
        for ask in asks:
            with pytest.raises(NotAllowed):
                ask()
    above: list[Callable[[], object]] = [
        lambda: services.members.change_role(admin.principal, viewer.user_id, "installation_admin"),
        lambda: services.members.change_role(admin.principal, admin.user_id, "installation_admin"),
        lambda: services.members.change_role(admin.principal, top.user_id, "viewer"),
        lambda: services.members.deactivate(admin.principal, top.user_id),
        lambda: services.members.remove(admin.principal, top.user_id),
        lambda: services.invitations.invite(admin.principal, ["a@example.com"], role="installation_admin"),
        lambda: services.roles.create(admin.principal, RoleDraft(name="x", permissions=frozenset(Permission))),
        lambda: services.service_accounts.create(admin.principal, name="x", role="installation_admin"),
        lambda: services.organizations.create(admin.principal, name="x", timezone="UTC"),
    ]
    for ask in above:
        with pytest.raises(NotAllowed):
            ask()
    assert services.invitations.list(admin.principal) == ()
    assert services.members.get(admin.principal, viewer.user_id).role == "viewer"


def test_ids_of_another_organization_lead_nowhere(
    installation: Installation, admin: Tenant, make_organization: Callable[..., Tenant]
) -> None:
    services, other = installation.broadsheet, make_organization(role="organization_admin")
    group = services.groups.create(other.principal, GroupDraft(name="Theirs"))
    role = services.roles.create(
        other.principal, RoleDraft(name="Theirs", permissions=frozenset({Permission.VIEW_REPORTS}))
    )
    invited = services.invitations.invite(other.principal, ["a@example.com"], role="Theirs")[0].invitation
    account = services.service_accounts.create(other.principal, name="Loader", role="viewer")
    token, _ = services.service_accounts.create_token(other.principal, account, name="t")
    client = _client(installation, admin)
    user, body = f"/api/users/{other.user_id}", {"name": "x", "permissions": ["view_reports"]}
    tries = [
        ("GET", user, None),
        ("PATCH", user, {"role": "viewer"}),
        ("POST", f"{user}/deactivate", None),
        ("POST", f"{user}/reactivate", None),
        ("POST", f"{user}/remove", {}),
        ("POST", f"/api/invitations/{invited.id}/resend", None),
        ("DELETE", f"/api/invitations/{invited.id}", None),
        ("GET", f"/api/roles/{role.id}", None),
        ("PUT", f"/api/roles/{role.id}", body),
        ("DELETE", f"/api/roles/{role.id}", None),
        ("GET", f"/api/service-accounts/{account}/tokens", None),
        ("POST", f"/api/service-accounts/{account}/tokens", {"name": "mine"}),
        ("DELETE", f"/api/service-accounts/{account}/tokens/{token.id}", None),
        ("DELETE", f"/api/service-accounts/{account}", None),
        ("DELETE", f"/api/tokens/{token.id}", None),
    ]
    answers = {(way, path): client.request(way, path, json=sent).status_code for way, path, sent in tries}
    assert set(answers.values()) <= {403, 404}, answers
    for more in ({"role": "Theirs"}, {"role": "viewer", "groups": [str(group.id)]}):
        assert client.post("/api/invitations", json={"addresses": ["b@example.com"], **more}).status_code == 422
    assert client.patch(f"/api/organizations/{other.organization_id}", json={"name": "x"}).status_code == 404
    assert len(services.service_accounts.tokens(other.principal, account)) == 1


def test_what_is_not_asked_for_is_not_taken(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant]
) -> None:
    client, mia = _client(installation, admin), member("viewer")
    user = f"/api/users/{mia.user_id}"
    for path, body in (
        (user, {"role": "editor", "organization_id": str(uuid4())}),
        (user, {"role": "editor", "email": "evil@example.com"}),
        ("/api/roles", {"name": "x", "permissions": ["view_reports"], "is_built_in": True}),
        ("/api/service-accounts", {"name": "x", "role": "viewer", "password": "hunter2hunter2"}),
        ("/api/tokens", {"name": "x", "user_id": str(mia.user_id)}),
        ("/api/invitations", {"addresses": ["a@example.com"], "role": "viewer", "invited_by": str(mia.user_id)}),
        ("/api/invitations/accept", {"token": "x", "name": "x", "password": GOOD, "role": "organization_admin"}),
        ("/api/organizations", {"name": "x", "id": str(uuid4())}),
    ):
        way = "PATCH" if path == user else "POST"
        assert client.request(way, path, json=body).status_code == 422, body


def test_an_invitation_is_good_once_for_a_while_and_while_its_inviter_may_invite(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant], clock: FixedClock
) -> None:
    services, browser = installation.broadsheet, installation.client
    group = services.groups.create(admin.principal, GroupDraft(name="Board"))
    secret = _invite(installation, admin, group_ids=[group.id])
    page = browser.get(f"/invitation/{secret}")
    assert (page.status_code, admin.principal.organization in page.text) == (200, True)
    weak = browser.post(f"/invitation/{secret}", data={"name": "Nia", "password": "new-new-new-new"})
    assert weak.status_code == 422
    with pytest.raises(NotSignedIn):
        services.sign_in.verify("new@example.com", "new-new-new-new")
    body = {"token": secret, "name": "Nia <b>", "password": GOOD}
    assert browser.post("/api/invitations/accept", json=body).status_code == 201
    assert browser.post("/api/invitations/accept", json=body).status_code == 404, "it is good once"
    user_id = services.sign_in.verify("new@example.com", GOOD)
    found = services.members.get(admin.principal, user_id)
    assert (found.role, found.name, found.is_here) == ("editor", "Nia <b>", True)
    assert [one.user_id for one in services.groups.get(admin.principal, group.id).members] == [user_id]

    late = _invite(installation, admin, "late@example.com")
    again = services.invitations.resend(admin.principal, services.invitations.list(admin.principal)[0].id)
    assert again.link is not None
    assert browser.get(f"/invitation/{late}").status_code == 404, "a second link ends the first"
    clock.advance(timedelta(days=7, seconds=1))
    assert browser.get(f"/invitation/{again.link.rpartition('/')[2]}").status_code == 404

    second = member("organization_admin")
    ends: list[Callable[[], object]] = [
        lambda: services.members.change_role(admin.principal, second.user_id, "data_admin"),
        lambda: services.members.deactivate(admin.principal, second.user_id),
    ]
    for end in ends:
        services.members.change_role(admin.principal, second.user_id, "organization_admin")
        kept = _invite(installation, second, "third@example.com")
        assert browser.get(f"/invitation/{kept}").status_code == 200
        end()
        assert browser.get(f"/invitation/{kept}").status_code == 404


def test_an_invitation_taken_at_the_same_moment_makes_one_account(installation: Installation, admin: Tenant) -> None:
    secret = _invite(installation, admin)
    take = installation.broadsheet.invitations.accept
    answers = side_by_side(lambda n: take(secret, name=f"N{n}", password=GOOD), 4)
    assert sum(not isinstance(one, Exception) for one in answers) == 1, answers


def test_who_has_an_account_joins_with_it_and_switches_on_every_tab(
    installation: Installation, admin: Tenant, make_organization: Callable[..., Tenant], sessions: SessionService
) -> None:
    services, other = installation.broadsheet, make_organization(role="viewer")
    secret = _invite(installation, admin, other.principal.email.upper(), role="publisher")
    with pytest.raises(Conflict):
        services.invitations.accept(secret, name="Somebody else", password=GOOD)
    with pytest.raises(NotAllowed):
        services.invitations.join(secret, admin.user_id)
    browser, cookie = installation.client, sessions.open(other.user_id)
    assert browser.post(f"/invitation/{secret}").status_code == 401
    with pytest.raises(NotFound):
        services.organizations.enter(cookie, admin.organization_id)
    taken = browser.post(f"/invitation/{secret}", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
    assert taken.status_code == 200
    assert services.access.principal_for_session(cookie).organization_id == other.organization_id
    assert {one.role for one in services.organizations.list(other.principal)} == {"viewer", "publisher"}
    services.second_factor.demand(admin.principal, required=True)
    with pytest.raises(Conflict, match="second factor"):
        services.organizations.enter(cookie, admin.organization_id)
    assert services.access.principal_for_session(cookie).organization_id == other.organization_id
    services.second_factor.demand(admin.principal, required=False)
    services.organizations.enter(cookie, admin.organization_id)
    there = services.access.principal_for_session(cookie)
    assert (there.organization_id, there.role) == (admin.organization_id, "publisher")
    with services.database.organization(admin.organization_id) as session:
        told = set(session.execute(select(AuditEventRow.action)).scalars())
    assert {"person.invited", "invitation.accepted", "session.switched"} <= told
    # Their end here is no end there.
    services.members.deactivate(admin.principal, other.user_id)
    with pytest.raises(NotSignedIn):
        services.access.principal_for_session(cookie)
    assert services.access.principal_for_session(sessions.open(other.user_id)).role == "viewer"


def test_an_end_is_one_at_the_next_request(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant], sessions: SessionService
) -> None:
    services = installation.broadsheet
    for end in (services.members.deactivate, services.members.remove):
        mia = member("publisher")
        schedule = _owned(services.database, mia)
        cookie, client = sessions.open(mia.user_id), _client(installation, mia)
        assert client.get("/api/me").status_code == 200
        assert end(admin.principal, mia.user_id).paused == ("Every day",)
        assert client.get("/api/me").status_code == 401
        with pytest.raises(NotSignedIn):
            services.access.principal_for_session(cookie)
        assert not services.schedules.get(admin.principal, schedule).is_active
    with pytest.raises(Conflict):
        services.members.reactivate(admin.principal, mia.user_id)


def test_a_role_that_shrinks_shrinks_at_the_next_request(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant]
) -> None:
    services, mia = installation.broadsheet, member("viewer")
    sees = frozenset({Permission.VIEW_REPORTS})
    role = services.roles.create(
        admin.principal, RoleDraft(name="Desk", permissions=sees | {Permission.MANAGE_SCHEDULES})
    )
    services.members.change_role(admin.principal, mia.user_id, "desk")
    client = _client(installation, replace(mia, principal=replace(mia.principal, permissions=role.permissions)))
    assert client.get("/api/groups").status_code == 200
    services.roles.change(admin.principal, role.id, RoleDraft(name="Desk", permissions=sees))
    assert client.get("/api/groups").status_code == 403
    with pytest.raises(Conflict, match="1 have this role"):
        services.roles.delete(admin.principal, role.id)
    with pytest.raises(Conflict, match="stays as it is"):
        services.roles.delete(admin.principal, services.roles.list(admin.principal)[0].id)
    with pytest.raises(Conflict, match="already"):
        services.roles.create(admin.principal, RoleDraft(name="Data Admin", permissions=sees))
    services.members.remove(admin.principal, mia.user_id)
    services.roles.delete(admin.principal, role.id)
    assert len(services.roles.list(admin.principal)) == len(BUILT_IN_ROLES)


def test_somebody_always_manages_the_people(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant], clock: FixedClock
) -> None:
    services, second = installation.broadsheet, member("organization_admin", "Zoe")
    services.service_accounts.create(admin.principal, name="Robot", role="organization_admin")
    both = (admin.principal, second.principal)
    demote = services.members.change_role
    answers = side_by_side(lambda n: demote(both[n], both[1 - n].user_id, "viewer"), 2)
    assert sorted(type(one).__name__ for one in answers) == ["Conflict", "Member"]
    left = next(one for one in both if services.members.get(admin.principal, one.user_id).role != "viewer")
    with pytest.raises(Conflict, match="nobody else does"):
        demote(left, left.user_id, "data_admin")
    with pytest.raises(InvalidInput):
        services.members.remove(left, left.user_id)
    assert services.members.get(left, left.user_id).is_here


def test_what_somebody_owns_goes_over_in_one_step_or_not_at_all(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant]
) -> None:
    services, mia, viewer = installation.broadsheet, member("publisher"), member("viewer", "Vic")
    schedule = _owned(services.database, mia)
    assert services.members.belongings(admin.principal, mia.user_id).reports == 1
    with pytest.raises(InvalidInput, match="may not manage schedules"):
        services.members.remove(admin.principal, mia.user_id, hand_over_to=viewer.user_id)
    assert services.members.get(admin.principal, mia.user_id).is_here, "nothing half done"
    gone = services.members.remove(admin.principal, mia.user_id, hand_over_to=admin.user_id)
    assert (gone.given.reports, gone.given.schedules, gone.paused) == (1, 1, ())
    assert services.schedules.get(admin.principal, schedule).owner_id == admin.user_id
    assert not services.members.belongings(admin.principal, mia.user_id)


def test_a_token_gives_what_its_owner_may_now_within_its_scopes(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant], clock: FixedClock
) -> None:
    services, pat = installation.broadsheet, member("publisher")
    wanted = {Permission.VIEW_REPORTS, Permission.MANAGE_SCHEDULES}
    made, secret = services.tokens.create(
        pat.principal, name="t", scopes=wanted, expires_at=clock.now() + timedelta(days=1)
    )
    client = _with(installation, secret)
    assert set(client.get("/api/me").json()["permissions"]) == wanted
    assert client.post("/api/tokens", json={"name": "child"}).status_code == 403, "a token makes no tokens"
    services.members.change_role(admin.principal, pat.user_id, "editor")
    assert client.get("/api/me").json()["permissions"] == ["view_reports"]
    assert services.tokens.list(pat.principal)[0].last_used_at == clock.now()
    clock.advance(timedelta(days=1))
    assert client.get("/api/me").status_code == 401
    with pytest.raises(NotFound):
        services.tokens.revoke(admin.principal, made.id)


def test_a_service_account_has_tokens_and_no_password(
    installation: Installation, admin: Tenant, member: Callable[..., Tenant]
) -> None:
    services = installation.broadsheet
    robot = services.service_accounts.create(admin.principal, name="Loader", role="editor")
    with pytest.raises(InvalidInput):
        services.service_accounts.create_token(
            admin.principal, robot, name="t", scopes={Permission.VIEW_REPORTS, Permission.MANAGE_MEMBERS}
        )
    _, secret = services.service_accounts.create_token(admin.principal, robot, name="t")
    client = _with(installation, secret)
    me = client.get("/api/me").json()
    assert (me["name"], me["role"]) == ("Loader", "editor")
    with pytest.raises(NotSignedIn):
        services.sign_in.verify(me["email"], "!")
    assert "Loader" not in {one.name for one in services.groups.people(admin.principal).items}
    clerk = member("editor", name="Clerk")
    changed = _with(installation, secret).patch  # a program changes no roles, its own neither
    assert changed(f"/api/service-accounts/{robot}", json={"role": "organization_admin"}).status_code == 403
    by_clerk, by_admin = installation.sign_in(clerk), installation.sign_in(admin)
    assert by_clerk.patch(f"/api/service-accounts/{robot}", json={"role": "viewer"}).status_code == 403
    refused = by_admin.patch(f"/api/service-accounts/{robot}", json={"role": "installation_admin"})
    assert (refused.status_code, refused.json()["place"]) == (403, "role")
    assert by_admin.patch(f"/api/service-accounts/{robot}", json={"role": "viewer"}).json()["role"] == "viewer"
    assert client.get("/api/me").json()["permissions"] == ["view_reports"], "from the next request on"
    (listed,) = services.service_accounts.list(admin.principal)
    assert (listed.tokens, listed.responsible) == (1, admin.principal.name)
    services.service_accounts.remove(admin.principal, robot)
    assert client.get("/api/me").status_code == 401


def test_a_closed_organization_lets_nobody_in_and_nothing_out(
    installation: Installation, tenant: Tenant, clock: FixedClock, sessions: SessionService
) -> None:
    services = installation.broadsheet
    made = services.organizations.create(tenant.principal, name="Second", timezone="Europe/Rome")
    with pytest.raises(Conflict):
        services.organizations.create(tenant.principal, name="Second", timezone="UTC")
    cookie = sessions.open(tenant.user_id)
    services.organizations.enter(cookie, made)
    there = services.access.principal_for_session(cookie)
    client = _client(installation, replace(tenant, organization_id=made, principal=there))
    due = text(f"SELECT count(*) FROM due_schedules_after(:at, 10, '-infinity', '{UUID(int=0)}')")
    inside = replace(tenant, organization_id=made, principal=there)
    report = insert_report(services.database, inside)
    insert_schedule(services.database, inside, report, next_run_at=clock.now())

    def count_due() -> int:
        with services.database.installation() as session:
            return int(session.execute(due, {"at": clock.now()}).scalar_one())

    assert (client.get("/api/me").status_code, count_due()) == (200, 1)
    with pytest.raises(InvalidInput):
        services.organizations.change(there, made, name="Second", is_active=False)
    services.organizations.change(tenant.principal, made, name="Second, renamed", is_active=False)
    assert (client.get("/api/me").status_code, count_due()) == (401, 0)
    with pytest.raises(NotSignedIn):
        services.access.principal_for_session(cookie)
    services.organizations.change(tenant.principal, made, name="Second, renamed", is_active=True)
    assert (client.get("/api/me").status_code, count_due()) == (200, 1)


def test_an_invitation_is_mailed_where_there_is_a_server(stack: Stack, admin: Tenant) -> None:
    service = InvitationService(
        stack.database,
        stack.clock,
        channel=stack.channel,
        places=stack.places,
        rule=PasswordRule(),
        base_url="https://reports.example.com",
        has_server=True,
    )
    (made,) = service.invite(admin.principal, ["Ann@Example.com"], role="viewer")
    assert (made.link, stack.channel.accepted()[-1]["to"]) == (None, "ann@example.com")
    secret = stack.channel.messages[-1].text.split("https://reports.example.com/invitation/")[1].split()[0]
    assert service.look(secret).email == "ann@example.com"
    assert service.list(admin.principal)[0].mailed_at == stack.clock.now()
    stack.channel.errors = [DeliveryDeferred("busy")]
    again = service.resend(admin.principal, made.invitation.id)
    assert again.link is not None, "what could not be mailed is handed over by hand"
    assert service.list(admin.principal)[0].mailed_at is None
