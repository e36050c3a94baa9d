"""Who sees and changes dashboards: services, REST, schedules, runs, files and links, and the database's own wall."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.policy import can
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import DashboardRow
from core.domain.access import Principal
from core.domain.dashboard import Dashboard, DashboardContent, ReportTile
from core.domain.dashboard_json import dump_content
from core.domain.dataset import Dataset
from core.domain.library import Action, FoundKind, Grant, GrantKind, Level, Sharing, Visibility
from core.domain.run import Run, RunState
from core.domain.schedule import ScheduleDraft
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.services.link_opening import Visit
from core.services.mail_preview import MailDraft
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, insert_orders, start
from tests.integration.test_report_library import grant, group_of, save
from tests.integration.test_services import draft_of

ROLES = ("viewer", "editor", "organization_admin")
PRIVATE = Sharing(visibility=Visibility.PRIVATE)
Member = Callable[..., Tenant]


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def member(owner_session: Session, tenant: Tenant) -> Member:
    """Add somebody to the tenant's organization: `member("publisher")`."""
    return lambda role="publisher": add_member(owner_session, tenant, role=role, name=f"A {role}")


def board(installation: Installation, who: Principal, orders: Dataset) -> Dashboard:
    """A dashboard called Salaries that shows one report."""
    report = save(installation, who, orders, "Money")
    tile = ReportTile(id="a", report_id=report.id, row=0, column=0, width=6)
    return installation.broadsheet.dashboards.create(who, name="Salaries", content=DashboardContent(tiles=(tile,)))


def sends(installation: Installation, who: Principal, dashboard: Dashboard, name: str) -> UUID:
    """A schedule that sends the dashboard."""
    report = installation.broadsheet.reports.list(who).items[0]
    draft: ScheduleDraft = draft_of(report, name=name, report_id=None, dashboard_id=dashboard.id)
    return installation.broadsheet.schedules.create(who, draft).id


def carried_out(installation: Installation, who: Principal, run: Run) -> Run:
    installation.daemon.run(run.id)
    return installation.broadsheet.runs.get_run(who, run.id)


def test_the_wall_and_the_policy_agree_about_everybody(
    installation: Installation, database: Database, tenant: Tenant, orders: Dataset, member: Member
) -> None:
    services, owner = installation.broadsheet, member("editor").principal
    people = [member(role).principal for role in ROLES]
    dashboard = board(installation, owner, orders)
    group_id = group_of(database, tenant, *(person.user_id for person in people))
    ways = [None, *product((GrantKind.USER, GrantKind.GROUP), Level)]
    for visibility, everyone, way, person in product(Visibility, Level, ways, people):
        whom = group_id if way and way[0] is GrantKind.GROUP else person.user_id
        grants = () if way is None else (Grant(kind=way[0], id=whom, level=way[1]),)
        sharing = Sharing(visibility=visibility, everyone=everyone, grants=grants)
        services.dashboard_sharing.share(owner, dashboard.id, sharing)
        kept = services.dashboard_sharing.get(owner, dashboard.id)
        level = kept.grants[0].level if kept.grants else None
        shared = replace(services.dashboards.get(owner, dashboard.id), granted=level)
        with database.person(person) as session:
            is_seen = (
                session.execute(select(DashboardRow.id).where(DashboardRow.id == dashboard.id)).first() is not None
            )
        assert is_seen is can(person, Action.VIEW, shared), (person.role, sharing)
        if is_seen:
            mine = services.dashboards.get(person, dashboard.id)
            assert can(person, Action.EDIT, mine) is can(person, Action.EDIT, shared), (person.role, sharing)


def test_what_is_private_does_not_exist_for_others(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Member
) -> None:
    services, owner, other = installation.broadsheet, member(), member()
    dashboard = board(installation, owner.principal, orders)
    schedule_id = sends(installation, owner.principal, dashboard, "Salaries, daily")
    exported = services.runs.export_dashboard(owner.principal, dashboard.id, "csv")
    run = carried_out(installation, owner.principal, exported)
    sent = services.runs.run_schedule_now(owner.principal, schedule_id)
    assert services.runs.list_runs(other.principal).total == 2
    services.dashboard_sharing.share(owner.principal, dashboard.id, PRIVATE)
    client = installation.sign_in(other)
    body = {"name": "Mine", "content": dump_content(dashboard.content)}
    sharing = {"visibility": "organization"}
    for method, address, given in (
        ("GET", f"/api/dashboards/{dashboard.id}", None),
        ("PUT", f"/api/dashboards/{dashboard.id}", body),
        ("DELETE", f"/api/dashboards/{dashboard.id}", None),
        ("GET", f"/api/dashboards/{dashboard.id}/versions", None),
        ("POST", f"/api/dashboards/{dashboard.id}/preview", {}),
        ("POST", f"/api/dashboards/{dashboard.id}/export", {"format": "pdf"}),
        ("GET", f"/api/dashboards/{dashboard.id}/sharing", None),
        ("PUT", f"/api/dashboards/{dashboard.id}/sharing", sharing),
        ("PUT", f"/api/dashboards/{dashboard.id}/owner", {"owner_id": str(other.user_id)}),
        ("GET", f"/api/scheduled-reports/{schedule_id}", None),
        ("POST", f"/api/scheduled-reports/{schedule_id}/run", None),
        ("POST", "/api/scheduled-reports/mail-preview", {"dashboard_id": str(dashboard.id)}),
        ("GET", f"/api/report-executions/{run.id}", None),
        ("GET", f"/api/report-executions/{sent.id}", None),
        ("POST", f"/api/report-executions/{sent.id}/cancel", None),
        ("GET", f"/api/report-executions/{run.id}/download?format=csv", None),
        ("POST", "/api/links", {"artifact_id": str(run.artifacts[0].id)}),
    ):
        assert client.request(method, address, json=given).status_code == 404, (method, address)
    for address in ("/api/dashboards", "/api/scheduled-reports", "/api/report-executions"):
        assert client.get(address).json()["total"] == 0, address
    assert not any(services.search.find(other.principal, "salaries").values())
    assert services.home.load(other.principal).next_runs == ()
    with pytest.raises(NotFound):
        services.schedules.create(
            other.principal,
            draft_of(services.reports.list(other.principal).items[0], report_id=None, dashboard_id=dashboard.id),
        )
    assert services.search.find(tenant.principal, "salaries")[FoundKind.DASHBOARD]  # who looks after the people


def test_who_may_only_look_changes_nothing(installation: Installation, orders: Dataset, member: Member) -> None:
    services, owner, other, viewer = installation.broadsheet, member(), member(), member("viewer")
    dashboard = board(installation, owner.principal, orders)
    grants = (grant(other.user_id), grant(viewer.user_id, Level.EDIT))
    shared = Sharing(visibility=Visibility.SHARED, grants=grants)
    services.dashboard_sharing.share(owner.principal, dashboard.id, shared)
    path, body = f"/api/dashboards/{dashboard.id}", {"name": "Mine", "content": dump_content(dashboard.content)}
    for person in (other, viewer):  # the role of the second one changes nothing anywhere
        client = installation.sign_in(person)
        assert client.get(path).json()["visibility"] == "shared"
        assert client.post(f"{path}/preview", json={}).json()["tiles"][0]["error"] is None
        for method, address, given in (
            ("PUT", path, body),
            ("DELETE", path, None),
            ("PUT", f"{path}/sharing", {"visibility": "organization"}),
            ("PUT", f"{path}/owner", {"owner_id": str(person.user_id)}),
        ):
            assert client.request(method, address, json=given).status_code == 403, (method, address)
    with pytest.raises(NotAllowed, match="Ask its owner"):
        services.dashboards.archive(other.principal, dashboard.id)
    services.dashboard_sharing.share(
        owner.principal, dashboard.id, replace(shared, grants=(grant(other.user_id, Level.EDIT),))
    )
    assert installation.sign_in(other).put(path, json=body).json()["version"] == 2
    with pytest.raises(NotFound):
        services.dashboards.get(viewer.principal, dashboard.id)


def test_a_run_reads_as_its_owner_and_is_for_those_who_see_the_dashboard(
    installation: Installation, orders: Dataset, member: Member
) -> None:
    services, owner, other = installation.broadsheet, member().principal, member().principal
    dashboard = board(installation, owner, orders)
    services.sharing.share(owner, next(iter(dashboard.content.report_ids)), PRIVATE)
    schedule_id = sends(installation, owner, dashboard, "Daily")
    run = carried_out(installation, owner, services.runs.run_schedule_now(owner, schedule_id))
    assert run.artifacts
    seen, file = services.runs.open_artifact(other, run.id, "csv")
    file.close()
    assert seen.id == run.artifacts[0].id
    (answer,) = services.dashboards.preview(other, dashboard.content)
    assert isinstance(answer.error, NotFound)  # on the screen they ask for themselves
    theirs = carried_out(installation, other, services.runs.export_dashboard(other, dashboard.id, "csv"))
    assert theirs.state is RunState.FAILED


def test_a_link_opens_while_its_maker_sees_the_dashboard(
    installation: Installation, orders: Dataset, member: Member
) -> None:
    services, owner, other = installation.broadsheet, member().principal, member().principal
    dashboard = board(installation, owner, orders)
    run = carried_out(installation, owner, services.runs.export_dashboard(owner, dashboard.id, "csv"))
    token = services.links.mint(other, run.artifacts[0].id).path.rpartition("/")[2]

    def open_it() -> None:
        services.link_opening.open(token, Visit(network="203.0.113.0"))[1].close()

    open_it()
    services.dashboard_sharing.share(owner, dashboard.id, PRIVATE)
    with pytest.raises(NotFound):
        open_it()


def test_sharing_less_pauses_the_schedules_of_those_who_are_out(
    installation: Installation, orders: Dataset, member: Member
) -> None:
    services, owner, other = installation.broadsheet, member().principal, member().principal
    dashboard = board(installation, owner, orders)
    mine, theirs = (sends(installation, who, dashboard, name) for who, name in ((owner, "Mine"), (other, "Theirs")))
    sharing = services.dashboard_sharing
    assert sharing.would_pause(owner, dashboard.id, PRIVATE) == ("Theirs",)
    assert sharing.share(owner, dashboard.id, PRIVATE) == ("Theirs",)
    assert services.schedules.get(owner, mine).is_active
    assert "see its dashboard" in (services.schedules.get(owner, theirs).paused_because or "")
    sharing.give(owner, dashboard.id, owner=other.user_id)
    assert services.dashboards.get(other, dashboard.id).owner_name == other.name
    with pytest.raises(NotFound):
        services.dashboards.get(owner, dashboard.id)
    with pytest.raises(InvalidInput, match="nobody of your organization"):
        sharing.share(other, dashboard.id, Sharing(visibility=Visibility.SHARED, grants=(grant(uuid4()),)))


def test_a_report_on_somebodys_private_dashboard_is_not_deleted(
    installation: Installation, orders: Dataset, member: Member
) -> None:
    services, owner, other = installation.broadsheet, member().principal, member().principal
    report = save(installation, owner, orders, "Money")
    tile = ReportTile(id="a", report_id=report.id, row=0, column=0, width=6)
    dashboard = services.dashboards.create(other, name="Secret", content=DashboardContent(tiles=(tile,)))
    services.dashboard_sharing.share(other, dashboard.id, PRIVATE)
    with pytest.raises(Conflict, match="private to somebody") as refused:
        services.library.delete(owner, report.id)
    assert "Secret" not in refused.value.user_message


def test_the_mail_of_a_dashboard_is_seen_before_it_goes(
    installation: Installation, orders: Dataset, member: Member
) -> None:
    services, owner = installation.broadsheet, member().principal
    dashboard = board(installation, owner, orders)
    sample = services.mail_preview.preview(owner, MailDraft(dashboard_id=dashboard.id))
    assert sample.data_of is None
    assert f"/dashboard?dashboard={dashboard.id}" in sample.html
    schedule_id = sends(installation, owner, dashboard, "Daily")
    carried_out(installation, owner, services.runs.run_schedule_now(owner, schedule_id))
    mail = services.mail_preview.preview(owner, MailDraft(schedule_id=schedule_id))
    assert mail.data_of is not None
    assert "Salaries" in mail.subject
    assert mail.attachments[0] == "Salaries.zip"
