"""Folders, tags, favourites, the archive, versions, sharing and search: services, REST and the database's own wall."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.access.policy import can
from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import GroupMemberRow, GroupRow, ReportRow
from core.domain.access import Principal
from core.domain.dashboard import DashboardContent, ReportTile
from core.domain.dataset import Dataset
from core.domain.definition_json import parse_definition
from core.domain.library import (
    Action,
    FoundKind,
    Grant,
    GrantKind,
    Level,
    ReportFilter,
    ReportSort,
    Sharing,
    Visibility,
)
from core.domain.report import Report
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.runs.dashboard_reading import load_tiles
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, add_member, insert_orders, start
from tests.integration.test_services import draft_of

ROLES = ("viewer", "editor", "organization_admin")


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def member(owner_session: Session, tenant: Tenant) -> Callable[..., Tenant]:
    """Add somebody to the tenant's organization: `member("editor")`."""
    names = iter(range(100))

    def make(role: str = "editor") -> Tenant:
        return add_member(owner_session, tenant, role=role, name=f"Member {next(names)}")

    return make


def save(installation: Installation, who: Principal, dataset: Dataset, name: str, **more: Any) -> Report:
    definition = parse_definition({"dataset_id": str(dataset.id), "columns": ["country"], "timezone": "UTC"})
    return installation.broadsheet.reports.create(who, name=name, definition=replace(definition, **more))


def group_of(database: Database, tenant: Tenant, *user_ids: UUID) -> UUID:
    with database.organization(tenant.organization_id) as session:
        group_id = session.execute(
            insert(GroupRow).values(organization_id=tenant.organization_id, name=uuid4().hex).returning(GroupRow.id)
        ).scalar_one()
        for user_id in user_ids:
            session.execute(
                insert(GroupMemberRow).values(
                    organization_id=tenant.organization_id, group_id=group_id, user_id=user_id
                )
            )
    return group_id


def grant(user_id: UUID, level: Level = Level.VIEW) -> Grant:
    return Grant(kind=GrantKind.USER, id=user_id, level=level)


def test_versions_differ_in_words_and_come_back(installation: Installation, tenant: Tenant, orders: Dataset) -> None:
    services, person = installation.broadsheet, tenant.principal
    first = save(installation, person, orders, "Orders")
    changed = replace(first.definition, limit=7)
    services.versions.save(person, first.id, name="Orders", definition=changed, expected_version=1)
    assert services.versions.diff(person, first.id, 1, 2) == ("Rows: at most 7 instead of at most 1,000",)
    assert services.versions.diff(person, first.id, 2, 1) == ("Rows: at most 1,000 instead of at most 7",)
    assert [each.changes for each in services.versions.history(person, first.id)][1] == ()
    restored = services.versions.restore(person, first.id, 1)
    assert (restored.version, restored.definition) == (3, first.definition)
    with pytest.raises(Conflict, match="Nothing was saved"):
        services.versions.restore(person, first.id, 1)
    with pytest.raises(NotFound):
        services.versions.restore(person, first.id, 9)


def test_the_second_to_save_hears_what_the_first_changed(
    installation: Installation, tenant: Tenant, orders: Dataset
) -> None:
    client = installation.sign_in(tenant)
    report = save(installation, tenant.principal, orders, "Orders")
    address = f"/api/reports/{report.id}"
    body = client.get(address).json()
    asked = {"name": "Orders", "definition": {**body["definition"], "limit": 7}}
    assert client.put(address, json=asked, headers={"If-Match": '"1"'}).status_code == 200
    late = client.put(address, json={**asked, "name": "Late"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert late.json()["changes"] == ["Rows: at most 7 instead of at most 1,000"]
    assert client.get(f"{address}/versions/1/diff/2").json()["changes"] == late.json()["changes"]
    assert client.get(f"{address}/versions/1").json()["definition"]["limit"] == 1000
    back = client.post(f"{address}/restore", json={"version": 1}, headers={"If-Match": '"2"'})
    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert client.post(f"{address}/restore", json={"version": 2}, headers={"If-Match": '"2"'}).status_code == 412
    history = client.get(f"{address}/versions").json()["items"]
    assert [each["version"] for each in history] == [3, 2, 1]
    assert history[1]["changes"] == late.json()["changes"]


def test_folders_lie_in_each_other_a_few_deep(installation: Installation, tenant: Tenant, orders: Dataset) -> None:
    library, person = installation.broadsheet.library, tenant.principal
    report = save(installation, person, orders, "Orders")
    outer = library.create_folder(person, name="Sales")
    inner = library.create_folder(person, name="Weekly", parent_id=outer.id)
    assert inner.label == "Sales / Weekly"
    with pytest.raises(Conflict, match="already"):
        library.create_folder(person, name="SALES")
    third = library.create_folder(person, name="c", parent_id=inner.id)
    fourth = library.create_folder(person, name="d", parent_id=third.id)
    with pytest.raises(InvalidInput, match="4 deep"):
        library.create_folder(person, name="e", parent_id=fourth.id)
    with pytest.raises(InvalidInput, match="in itself"):
        library.change_folder(person, outer.id, name="Sales", parent_id=inner.id)
    assert library.move(person, [report.id], inner.id)[0].refused is None
    assert [line.id for line in library.lines(person, ReportFilter(folder_id=outer.id)).items] == [report.id]
    library.delete_folder(person, inner.id)
    assert library.line(person, report.id).folder_id == outer.id
    assert [folder.label for folder in library.shelves(person).folders] == ["Sales", "Sales / c", "Sales / c / d"]


def test_tags_and_favourites_narrow_the_list(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    library, person = installation.broadsheet.library, tenant.principal
    one, other = (save(installation, person, orders, name) for name in ("Österreich", "Spain"))
    library.tag(person, [one.id, other.id], add=["monthly", "Board"])
    library.tag(person, [other.id], remove=["board"])
    assert [(tag.label, tag.reports) for tag in library.shelves(person).tags] == [("Board", 1), ("monthly", 2)]
    library.set_favourite(person, one.id, is_favourite=True)
    library.set_favourite(person, one.id, is_favourite=True)
    asked = {
        "tag": ReportFilter(tag="Board"),
        "star": ReportFilter(is_favourite=True),
        "accents": ReportFilter(search="OSTER"),
        "tag as word": ReportFilter(search="board osterreich"),
    }
    for name, wanted in asked.items():
        assert [line.id for line in library.lines(person, wanted).items] == [one.id], name
    assert library.lines(member().principal, ReportFilter(is_favourite=True)).total == 0
    by_name = library.lines(person, ReportFilter(sort=ReportSort.NAME)).items
    assert [line.name for line in by_name] == ["Österreich", "Spain"]


def test_the_archive_pauses_what_sends_a_report_and_gives_it_back(
    installation: Installation, tenant: Tenant, orders: Dataset
) -> None:
    services, person = installation.broadsheet, tenant.principal
    report = save(installation, person, orders, "Orders")
    schedule = services.schedules.create(person, draft_of(report))
    assert services.library.uses(person, report.id).active_schedules == ("Every day",)
    services.library.archive(person, [report.id])
    with pytest.raises(NotFound):
        services.reports.get(person, report.id)
    paused = services.schedules.get(person, schedule.id)
    assert (paused.is_active, "archived" in (paused.paused_because or "")) == (False, True)
    with pytest.raises(NotFound):
        services.schedules.resume(person, schedule.id)
    assert [line.id for line in services.library.lines(person, ReportFilter(is_archived=True)).items] == [report.id]
    services.library.unarchive(person, [report.id])
    assert services.schedules.resume(person, schedule.id).is_active
    with pytest.raises(Conflict, match="Every day"):
        services.library.delete(person, report.id)
    services.schedules.delete(person, schedule.id)
    services.library.delete(person, report.id)
    assert services.library.lines(person, ReportFilter(is_archived=True)).total == 0


def test_the_wall_and_the_policy_agree_about_everybody(
    installation: Installation,
    database: Database,
    tenant: Tenant,
    orders: Dataset,
    member: Callable[..., Tenant],
) -> None:
    owner, people = member("editor").principal, [member(role).principal for role in ROLES]
    report = save(installation, owner, orders, "Orders")
    group_id = group_of(database, tenant, *(person.user_id for person in people))
    ways = [None, *product((GrantKind.USER, GrantKind.GROUP), Level)]
    for visibility, everyone, way in product(Visibility, Level, ways):
        for person in people:
            grants = ()
            if way is not None:
                grants = (
                    Grant(kind=way[0], id=group_id if way[0] is GrantKind.GROUP else person.user_id, level=way[1]),
                )
            sharing = Sharing(visibility=visibility, everyone=everyone, grants=grants)
            installation.broadsheet.sharing.share(owner, report.id, sharing)
            agrees(installation, database, person, owner, report.id)


def agrees(
    installation: Installation, database: Database, person: Principal, owner: Principal, report_id: UUID
) -> None:
    """What the database shows is what the policy allows; the services act by it."""
    everything = installation.broadsheet.library
    with database.person(person) as session:
        is_seen = session.execute(select(ReportRow.id).where(ReportRow.id == report_id)).first() is not None
    sharing = installation.broadsheet.sharing.get(owner, report_id)
    granted = sharing.grants[0].level if sharing.grants else None
    line = replace(everything.line(owner, report_id), granted=granted)
    assert is_seen is can(person, Action.VIEW, line), (person.role, sharing)
    if is_seen:
        mine = everything.line(person, report_id)
        assert can(person, Action.EDIT, mine) is can(person, Action.EDIT, line), (person.role, sharing)
        assert not can(person, Action.EDIT, mine) or person.role != "viewer"


def test_what_is_private_does_not_exist_for_others(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    services = installation.broadsheet
    owner, other, viewer = member("publisher"), member("publisher"), member("viewer")
    report = save(installation, owner.principal, orders, "Salaries")
    schedule = services.schedules.create(owner.principal, draft_of(report, name="Salaries, daily"))
    run = services.runs.export(owner.principal, report.id, "csv")
    services.sharing.share(owner.principal, report.id, Sharing(visibility=Visibility.PRIVATE))
    client = installation.sign_in(other)
    for method, address in (
        ("GET", f"/api/reports/{report.id}"),
        ("GET", f"/api/reports/{report.id}/versions"),
        ("GET", f"/api/reports/{report.id}/versions/1"),
        ("GET", f"/api/reports/{report.id}/sharing"),
        ("PUT", f"/api/reports/{report.id}/favourite"),
        ("GET", f"/api/reports/{report.id}/uses"),
        ("DELETE", f"/api/reports/{report.id}"),
        ("GET", f"/api/scheduled-reports/{schedule.id}"),
        ("POST", f"/api/scheduled-reports/{schedule.id}/run"),
        ("GET", f"/api/report-executions/{run.id}"),
        ("POST", f"/api/report-executions/{run.id}/cancel"),
        ("POST", f"/api/report-executions/{run.id}/retry"),
        ("GET", f"/api/report-executions/{run.id}/download?format=csv"),
    ):
        assert client.request(method, address).status_code == 404, address
    for address in ("/api/reports", "/api/scheduled-reports"):
        assert client.get(address).json()["total"] == 0, address
    assert services.runs.list_runs(other.principal).total == 0
    assert not any(client.get("/api/search", params={"q": "salaries"}).json().values())
    assert services.library.shelves(other.principal).owners == ()
    assert services.reports.get(tenant.principal, report.id).id == report.id  # who looks after the people
    services.sharing.share(
        owner.principal,
        report.id,
        Sharing(visibility=Visibility.SHARED, grants=(grant(viewer.user_id), grant(other.user_id))),
    )
    assert services.reports.get(viewer.principal, report.id).id == report.id
    with pytest.raises(NotAllowed, match="Ask its owner"):
        services.reports.save(other.principal, report.id, name="Mine", definition=report.definition)


def test_a_dashboard_file_has_no_tile_that_its_reader_may_not_see(
    installation: Installation, database: Database, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    owner, other = member().principal, member().principal
    report = save(installation, owner, orders, "Salaries")
    board = DashboardContent(tiles=(ReportTile(id="a", report_id=report.id, row=0, column=0, width=6),))
    installation.broadsheet.sharing.share(owner, report.id, Sharing(visibility=Visibility.PRIVATE))

    def tiles(person: Principal) -> int:
        with database.organization(tenant.organization_id) as session:
            return len(load_tiles(session, person, board, {}, path_of=lambda _number: Path("rows")))

    assert tiles(owner) == 1
    with pytest.raises(NotFound, match="may not see"):
        tiles(other)


def test_sharing_less_pauses_the_schedules_of_those_who_are_out(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    services, owner, other = installation.broadsheet, member("publisher").principal, member("publisher").principal
    report = save(installation, owner, orders, "Orders")
    mine = services.schedules.create(owner, draft_of(report, name="Mine"))
    theirs = services.schedules.create(other, draft_of(report, name="Theirs"))
    private = Sharing(visibility=Visibility.PRIVATE)
    assert services.sharing.would_pause(owner, report.id, private) == ("Theirs",)
    assert services.sharing.share(owner, report.id, private) == ("Theirs",)
    assert services.schedules.get(owner, mine.id).is_active
    paused = services.schedules.get(owner, theirs.id)
    assert (paused.is_active, "may not see" in (paused.paused_because or "")) == (False, True)


def test_a_private_report_is_given_away(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    services, owner, other = installation.broadsheet, member().principal, member().principal
    report = save(installation, owner, orders, "Orders")
    services.sharing.share(owner, report.id, Sharing(visibility=Visibility.PRIVATE))
    services.sharing.give(owner, report.id, owner=other.user_id)
    with pytest.raises(NotFound):
        services.reports.get(owner, report.id)
    assert services.reports.get(other, report.id).owner_id == other.user_id
    with pytest.raises(InvalidInput):
        services.sharing.give(other, report.id, owner=uuid4())
    with pytest.raises(InvalidInput):
        services.sharing.share(other, report.id, Sharing(visibility=Visibility.SHARED, grants=(grant(uuid4()),)))


def test_a_download_of_what_was_never_saved_is_its_makers_own(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    services, maker, other = installation.broadsheet, member().principal, member().principal
    definition = save(installation, maker, orders, "Orders").definition
    run = services.runs.export_draft(maker, definition, "Draft", "csv")
    assert services.runs.get_run(maker, run.id).id == run.id
    with pytest.raises(NotFound):
        services.runs.get_run(other, run.id)


def test_search_finds_everything_and_the_best_first(
    installation: Installation, tenant: Tenant, orders: Dataset
) -> None:
    services, person = installation.broadsheet, tenant.principal
    names = ("Weekly cafe sales", "Café", "Cafés of the north", "Sales", "Nothing to see")
    made = {name: save(installation, person, orders, name) for name in names}
    services.schedules.create(person, draft_of(made["Sales"], name="CAFE every day"))
    services.library.tag(person, [made["Sales"].id], add=["café"])
    found = services.search.find(person, "cafe")
    assert [one.name for one in found[FoundKind.REPORT]] == ["Café", "Cafés of the north", "Weekly cafe sales", "Sales"]
    assert found[FoundKind.REPORT][3].because == "tag"
    assert [one.name for one in found[FoundKind.SCHEDULE]] == ["CAFE every day"]
    by_field = services.search.find(person, "country")
    assert {one.because for one in by_field[FoundKind.REPORT]} == {"field"}
    assert [one.name for one in by_field[FoundKind.DATASET]] == ["Orders"]
    assert services.search.find(person, "amount")[FoundKind.REPORT] == ()
    assert [one.name for one in services.search.find(person, "north cafe")[FoundKind.REPORT]] == ["Cafés of the north"]
    assert not any(services.search.find(person, "  ").values())
    assert not any(services.search.find(person, "100%_\\").values())


def test_home_and_its_tour(installation: Installation, tenant: Tenant, orders: Dataset) -> None:
    services, person = installation.broadsheet, tenant.principal
    report = save(installation, person, orders, "Orders")
    services.schedules.create(person, draft_of(report))
    services.library.set_favourite(person, report.id, is_favourite=True)
    run = services.runs.export(person, report.id, "csv")
    installation.daemon.run(run.id)
    home = services.home.load(person)
    assert [line.id for line in home.favourites] == [report.id]
    assert home.mine == ()
    assert [one.id for one in home.arrived] == [run.id]
    assert [one.name for one in home.next_runs] == ["Every day"]
    assert (home.reports, home.is_tour_done) == (1, False)
    services.home.put_tour_away(person)
    assert services.home.load(person).is_tour_done


def test_several_at_once_over_rest(
    installation: Installation, tenant: Tenant, orders: Dataset, member: Callable[..., Tenant]
) -> None:
    services, editor = installation.broadsheet, member("editor")
    mine = save(installation, editor.principal, orders, "Mine")
    theirs = save(installation, tenant.principal, orders, "Theirs")
    look = Sharing(visibility=Visibility.ORGANIZATION, everyone=Level.VIEW)
    services.sharing.share(tenant.principal, theirs.id, look)
    client = installation.sign_in(editor)
    folder = client.post("/api/folders", json={"name": "Sales"}).json()
    order = {"ids": [str(mine.id), str(theirs.id)], "action": "move", "folder_id": folder["id"]}
    answers = client.post("/api/reports/bulk", json=order).json()["items"]
    assert [answer["done"] for answer in answers] == [True, False]
    assert "Ask its owner" in answers[1]["message"]
    assert client.get("/api/reports", params={"folder": folder["id"]}).json()["total"] == 1
    assert client.get("/api/folders").json()["items"][0]["reports"] == 1
    client.post("/api/reports/bulk", json={"ids": [str(mine.id)], "action": "tag", "tags": ["x"]})
    assert client.get("/api/tags").json()["items"] == [{"tag": "x", "reports": 1}]
    assert client.put(f"/api/reports/{mine.id}/favourite").status_code == 204
    assert client.get("/api/reports", params={"favourite": True}).json()["total"] == 1
    assert client.post(f"/api/reports/{mine.id}/archive").json()["archived_at"]
    assert client.get("/api/reports", params={"archived": True}).json()["total"] == 1
    assert client.post(f"/api/reports/{theirs.id}/archive").status_code == 403
    found = client.get("/api/search", params={"q": "theirs"}).json()
    assert [one["name"] for one in found["reports"]] == ["Theirs"]
