"""What the services promise when people work side by side: nothing is lost, outrun, or sent that was put away."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import ReportRow
from core.domain.access import BUILT_IN_ROLES
from core.domain.definition_json import parse_definition
from core.domain.report import Report
from core.domain.schedule import Recipient, Schedule, ScheduleDraft
from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.runs.planner import Planner
from core.schedules.config_json import parse_config
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, side_by_side, start
from tests.run_parts import insert_run, insert_schedule

AT_ONCE = 10
EVERY_DAY = {"cadence": "daily", "time": "09:00", "timezone": "UTC"}
UNFIT_NAMES = ("Two\nlines", "Next\x85line", "Back\u202ewards", "Nothing\0", "Half\ud800", "x" * 201)


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def report(installation: Installation, database: Database, tenant: Tenant) -> Report:
    return make_report(installation, database, tenant)


def make_report(installation: Installation, database: Database, tenant: Tenant) -> Report:
    orders = insert_orders(database, tenant, uuid4)
    definition = parse_definition({"dataset_id": str(orders.id), "columns": ["country"], "timezone": "UTC"})
    return installation.broadsheet.reports.create(tenant.principal, name="Orders", definition=definition)


def draft_of(report: Report, **changes: Any) -> ScheduleDraft:
    draft = ScheduleDraft(
        name="Every day",
        report_id=report.id,
        config=parse_config(EVERY_DAY),
        recipients=(Recipient(channel="email", address="boss@example.com"),),
        formats=("csv",),
    )
    return replace(draft, **changes)


def archive_behind_everybody(database: Database, tenant: Tenant, report: Report) -> None:
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ReportRow).where(ReportRow.id == report.id).values(archived_at=func.now()))


def test_a_report_with_a_paused_schedule_is_not_deleted(
    installation: Installation, tenant: Tenant, report: Report
) -> None:
    services, person = installation.broadsheet, tenant.principal
    made = [services.schedules.create(person, draft_of(report, name=f"No. {n}", is_active=False)) for n in range(4)]
    with pytest.raises(Conflict, match=r"No\. 0, No\. 1, No\. 2 and 1 more"):
        services.library.delete(person, report.id)
    for schedule in made:
        services.schedules.delete(person, schedule.id)
    services.library.delete(person, report.id)
    with pytest.raises(NotFound):
        services.schedules.create(person, draft_of(report))


def test_what_was_archived_is_neither_resumed_nor_sent_nor_planned(
    installation: Installation, tenant: Tenant, report: Report, database: Database, clock: FixedClock
) -> None:
    services, person = installation.broadsheet, tenant.principal
    paused = services.schedules.create(person, draft_of(report, is_active=False))
    insert_schedule(database, tenant, report.id, next_run_at=clock.now())
    archive_behind_everybody(database, tenant, report)
    refused: list[Callable[[Any, UUID], object]] = [
        services.schedules.resume,
        services.runs.run_schedule_now,
        services.runs.test_schedule,
    ]
    for action in refused:
        with pytest.raises(NotFound):
            action(person, paused.id)
    assert Planner(database, clock).plan() == 0
    assert services.runs.list_runs(person).total == 0
    assert services.schedules.pause(person, paused.id).is_active is False


def test_runs_made_at_one_time_come_newest_slot_first(
    installation: Installation, tenant: Tenant, report: Report, database: Database, clock: FixedClock
) -> None:
    schedule_id = insert_schedule(database, tenant, report.id, next_run_at=clock.now() - timedelta(days=20))
    assert Planner(database, clock).plan() == 1
    runs = installation.broadsheet.runs.list_runs(tenant.principal, schedule_id=schedule_id).items
    slots = [run.logical_at for run in runs]
    assert (len(slots), slots) == (21, sorted(slots, reverse=True))
    assert installation.broadsheet.schedules.get(tenant.principal, schedule_id).last_status == "pending"
    insert_run(database, tenant, now=clock.now() + timedelta(seconds=1), logical_at=clock.now() - timedelta(days=90))
    assert installation.broadsheet.runs.list_runs(tenant.principal).items[0].logical_at < slots[-1]


def test_saves_without_a_version_take_turns(installation: Installation, tenant: Tenant, report: Report) -> None:
    reports, person = installation.broadsheet.reports, tenant.principal

    def save(number: int) -> Any:
        return reports.save(person, report.id, name=f"Orders {number}", definition=report.definition).version

    versions = side_by_side(save, AT_ONCE)
    assert sorted(versions, key=str) == sorted(range(2, AT_ONCE + 2), key=str)
    assert len(reports.versions(person, report.id)) == AT_ONCE + 1
    with pytest.raises(Conflict):
        reports.save(person, report.id, name="Late", definition=report.definition, expected_version=AT_ONCE)


def test_changes_of_a_schedule_take_turns_and_none_is_lost(
    installation: Installation, tenant: Tenant, report: Report
) -> None:
    schedules, person = installation.broadsheet.schedules, tenant.principal
    made = schedules.create(person, draft_of(report))

    def add_one(number: int) -> Any:
        def merge(current: Schedule) -> ScheduleDraft:
            added = Recipient(channel="email", address=f"person{number}@example.com")
            return draft_of(report, recipients=(*current.recipients, added))

        return schedules.change(person, made.id, merge).version

    assert sorted(side_by_side(add_one, AT_ONCE), key=str) == sorted(range(2, AT_ONCE + 2), key=str)
    assert len(schedules.get(person, made.id).recipients) == AT_ONCE + 1
    with pytest.raises(Conflict):
        schedules.change(person, made.id, lambda _current: draft_of(report), expected_version=AT_ONCE)


def test_a_change_of_nothing_is_no_new_version(installation: Installation, tenant: Tenant, report: Report) -> None:
    client = installation.sign_in(tenant)
    made = installation.broadsheet.schedules.create(tenant.principal, draft_of(report))
    path = f"/api/scheduled-reports/{made.id}"
    assert client.patch(path, json={}).json()["version"] == 1
    assert client.patch(path, json={"name": "Every day", "formats": ["csv"]}).json()["version"] == 1
    assert client.patch(path, json={"formats": ["pdf"]}, headers={"If-Match": '"1"'}).json()["version"] == 2
    assert client.patch(path, json={}, headers={"If-Match": '"1"'}).status_code == 412
    assert client.patch(path, json={"formats": ["csv"]}, headers={"If-Match": "*"}).json()["version"] == 3
    assert client.patch(path, json={"formats": []}).status_code == 422
    assert client.get(path).json()["version"] == 3


def test_an_editor_tries_a_schedule_but_does_not_send_it(
    installation: Installation, make_organization: Callable[..., Tenant], database: Database
) -> None:
    editor = make_organization(role="editor")
    report = make_report(installation, database, editor)
    schedule_id = insert_schedule(database, editor, report.id, next_run_at=None)
    with pytest.raises(NotAllowed, match="send schedules"):
        installation.broadsheet.runs.run_schedule_now(editor.principal, schedule_id)
    assert installation.broadsheet.runs.test_schedule(editor.principal, schedule_id).kind == "test"


def test_an_editor_does_not_send_an_ended_run_again_but_their_own_test(
    installation: Installation, make_organization: Callable[..., Tenant], database: Database
) -> None:
    editor = make_organization(role="editor")
    runs = installation.broadsheet.runs
    report = make_report(installation, database, editor)
    schedule_id = insert_schedule(database, editor, report.id, next_run_at=None)
    publisher = replace(editor.principal, permissions=BUILT_IN_ROLES["publisher"])
    sent = runs.run_schedule_now(publisher, schedule_id)
    test = runs.test_schedule(editor.principal, schedule_id)
    for run in (sent, test):
        runs.cancel(editor.principal, run.id)
    with pytest.raises(NotAllowed):
        runs.retry(editor.principal, sent.id)
    assert runs.retry(publisher, sent.id).id != sent.id
    assert runs.retry(editor.principal, test.id).kind == "test"


@pytest.mark.parametrize("name", UNFIT_NAMES)
def test_names_are_one_line_that_can_be_stored(
    installation: Installation, tenant: Tenant, report: Report, name: str
) -> None:
    services, person = installation.broadsheet, tenant.principal
    asked: list[Callable[[], object]] = [
        lambda: services.reports.create(person, name=name, definition=report.definition),
        lambda: services.reports.save(person, report.id, name=name, definition=report.definition),
        lambda: services.schedules.create(person, draft_of(report, name=name)),
        lambda: services.tokens.create(person, name=name),
    ]
    for ask in asked:
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert refused.value.place == "name"


@pytest.mark.parametrize("text", ["Nothing\0", "Half\ud800"])
def test_texts_that_cannot_be_stored_name_their_place(
    installation: Installation, tenant: Tenant, report: Report, text: str
) -> None:
    services, person = installation.broadsheet, tenant.principal
    asked: dict[str, Callable[[], object]] = {
        "description": lambda: services.reports.create(
            person, name="Orders", description=text, definition=report.definition
        ),
        "search": lambda: services.reports.list(person, search=text),
        "email_subject": lambda: services.schedules.create(person, draft_of(report, email_subject=text)),
        "email_body": lambda: services.schedules.create(person, draft_of(report, email_body=text)),
    }
    for place, ask in asked.items():
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert refused.value.place == place
    with pytest.raises(InvalidInput) as refused:
        services.schedules.create(person, draft_of(report, description=text))
    assert refused.value.place == "description"
