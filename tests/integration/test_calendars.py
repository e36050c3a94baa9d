"""An organization's calendars: kept over the API, followed by schedules, by the planner and by the preview."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import RunRow, ScheduleRow
from core.domain.dataset import Dataset
from core.runs.planner import Planner
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start
from tests.run_parts import NOW

THANKSGIVING = {"on": "2026-11-26", "name": "Thanksgiving"}
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"
    "SUMMARY:Thanksgiving\r\nEND:VEVENT\r\n"
    "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261127T120000Z\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def report_id(client: TestClient, orders: Dataset) -> str:
    definition = {
        "dataset_id": str(orders.id),
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "count"}],
        "period": {"field": "ordered_at", "window": {"kind": "last", "n": 7, "unit": "day"}},
        "timezone": "America/New_York",
    }
    return str(client.post("/api/reports", json={"name": "Orders", "definition": definition}).json()["id"])


def keep(client: TestClient, name: str = "Factory", **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/calendars", json={"name": name, "days_off": [THANKSGIVING]} | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def daily(calendar: str | None, rule: str = "next") -> dict[str, Any]:
    return {"cadence": "daily", "time": "09:00", "timezone": "UTC", "business_days": rule, "calendar": calendar}


def save_schedule(client: TestClient, report_id: str, config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {
        "name": "Every morning",
        "report_id": report_id,
        "schedule_config": config,
        "recipients": [{"type": "email", "value": "boss@example.com"}],
        "formats": ["csv"],
    }
    answer = client.post("/api/scheduled-reports", json=body | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def next_run_at(client: TestClient, schedule: dict[str, Any]) -> str:
    return str(client.get(f"/api/scheduled-reports/{schedule['id']}").json()["next_run_at"])


def test_a_calendar_is_kept_changed_and_taken_away(client: TestClient) -> None:
    made = keep(client, working_week=[5, 1, 2], days_off=[THANKSGIVING, {"on": "2026-01-01"}, THANKSGIVING])
    assert made["working_week"] == [1, 2, 5]
    assert made["days_off"] == [{"on": "2026-01-01", "name": ""}, THANKSGIVING]
    one = client.get(f"/api/calendars/{made['id']}")
    assert (one.headers["ETag"], one.json()["used_by"]) == ('"1"', [])
    changed = {"name": "Plant", "days_off": []}
    put = client.put(f"/api/calendars/{made['id']}", json=changed, headers={"If-Match": '"1"'})
    assert (put.json()["name"], put.json()["version"], put.json()["working_week"]) == ("Plant", 2, [1, 2, 3, 4, 5])
    stale = client.put(f"/api/calendars/{made['id']}", json=changed, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert client.delete(f"/api/calendars/{made['id']}").status_code == 204
    assert client.get("/api/calendars").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "Two\nlines"}, "name"),
        ({"working_week": []}, "working_week"),
        ({"working_week": [0]}, "working_week"),
        ({"days_off": [{"on": "1066-10-14"}]}, "days_off[0].on"),
        ({"days_off": [{"on": "2026-12-24", "name": "x" * 101}]}, "days_off[0].name"),
        ({"days_off": [{"on": "2026-12-24"}] * 10_001}, "days_off"),
    ],
)
def test_what_is_no_calendar_names_its_place(client: TestClient, change: dict[str, Any], place: str) -> None:
    answer = client.post("/api/calendars", json={"name": "Factory"} | change)
    assert (answer.status_code, answer.json()["place"]) == (422, place)


def test_a_name_is_taken_once(client: TestClient) -> None:
    keep(client)
    answer = client.post("/api/calendars", json={"name": "FACTORY"})
    assert (answer.status_code, answer.json()["place"]) == (409, "name")


def test_a_calendar_file_becomes_a_calendar(client: TestClient) -> None:
    made = client.post("/api/calendars/ics?name=Company", content=ICS).json()
    assert made["days_off"][:2] == [THANKSGIVING, {"on": "2027-11-25", "name": "Thanksgiving"}]
    assert made["left_out"] == ["1 event was left out: not all day."]
    refused = client.post("/api/calendars/ics?name=Bad", content="hello")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_upload")
    large = client.post("/api/calendars/ics?name=Large", content=ICS + "x" * 600_000)
    assert "512 KB" in large.json()["detail"]
    assert len(client.get("/api/calendars").json()["items"]) == 1


def test_countries_can_be_chosen(client: TestClient) -> None:
    countries = {item["code"]: item for item in client.get("/api/calendars/countries").json()["items"]}
    assert countries["US"]["name"] == "United States"
    assert {"code": "US-CA", "name": "California"} in countries["US"]["parts"]


def test_a_schedule_follows_a_calendar_and_a_change_plans_it_again(client: TestClient, report_id: str) -> None:
    made = keep(client, days_off=[{"on": "2026-11-24", "name": "Stocktaking"}])
    schedule = save_schedule(client, report_id, daily(made["id"]))
    assert schedule["schedule_config"]["calendar"] == made["id"]
    assert schedule["next_run_at"] == "2026-11-25T09:00:00+00:00"
    paused = save_schedule(client, report_id, daily(made["id"]), name="Paused", is_active=False)
    client.put(f"/api/calendars/{made['id']}", json={"name": "Factory", "days_off": []})
    assert next_run_at(client, schedule) == "2026-11-24T09:00:00+00:00"
    assert next_run_at(client, paused) == "None"
    assert client.get("/api/calendars").json()["items"][0]["schedules"] == 2


def test_a_slot_that_is_due_stays_when_its_calendar_changes(
    client: TestClient, database: Database, tenant: Tenant, clock: FixedClock, report_id: str
) -> None:
    made = keep(client, days_off=[])
    schedule = save_schedule(client, report_id, daily(made["id"]))
    due = datetime(2026, 11, 23, 8, tzinfo=UTC)
    with database.organization(tenant.organization_id) as session:
        session.execute(update(ScheduleRow).values(next_run_at=due))
    client.put(f"/api/calendars/{made['id']}", json={"name": "Factory", "days_off": [{"on": "2026-11-24"}]})
    assert next_run_at(client, schedule) == due.isoformat()
    Planner(database, clock).plan()
    assert next_run_at(client, schedule) == "2026-11-25T09:00:00+00:00"
    with database.organization(tenant.organization_id) as session:
        assert due in session.execute(select(RunRow.scheduled_for)).scalars().all()


def test_a_calendar_in_use_is_not_taken_away(client: TestClient, report_id: str) -> None:
    made = keep(client)
    save_schedule(client, report_id, daily(made["id"]), is_active=False)
    answer = client.delete(f"/api/calendars/{made['id']}")
    assert answer.status_code == 409
    assert "Every morning" in answer.json()["detail"]
    assert client.get(f"/api/calendars/{made['id']}").json()["used_by"] == ["Every morning"]


def test_a_change_that_ends_a_schedule_is_refused(client: TestClient, report_id: str) -> None:
    made = keep(client, days_off=[])
    last_days = {**daily(made["id"], "skip"), "ends_on": "2026-11-25"}
    schedule = save_schedule(client, report_id, last_days)
    off = [{"on": f"2026-11-{day}"} for day in (23, 24, 25)]
    answer = client.put(f"/api/calendars/{made['id']}", json={"name": "Factory", "days_off": off})
    assert (answer.status_code, answer.json()["place"]) == (409, "days_off")
    assert "Every morning" in answer.json()["detail"]
    assert next_run_at(client, schedule) == "2026-11-24T09:00:00+00:00"
    assert client.get(f"/api/calendars/{made['id']}").json()["days_off"] == []


def test_calendars_stay_in_their_organization(
    installation: Installation, client: TestClient, make_organization: Callable[..., Tenant], report_id: str
) -> None:
    theirs = keep(installation.sign_in(make_organization()), "Theirs")
    assert client.get("/api/calendars").json()["items"] == []
    assert client.get(f"/api/calendars/{theirs['id']}").status_code == 404
    assert client.delete(f"/api/calendars/{theirs['id']}").status_code == 404
    answer = client.post(
        "/api/scheduled-reports",
        json={
            "name": "x",
            "report_id": report_id,
            "schedule_config": daily(theirs["id"]),
            "recipients": [{"type": "email", "value": "boss@example.com"}],
            "formats": ["csv"],
        },
    )
    assert (answer.status_code, answer.json()["place"]) == (422, "schedule_config.calendar")
    preview = client.post("/api/scheduled-reports/preview", json={"schedule_config": daily(theirs["id"])})
    assert preview.status_code == 422


def test_the_preview_says_what_moved_and_which_days_each_run_covers(client: TestClient, report_id: str) -> None:
    made = keep(client)
    config = {**daily(made["id"]), "timezone": "America/New_York"}
    body = {"schedule_config": config, "count": 3, "after": "2026-11-24T20:00:00+00:00", "report_id": report_id}
    answer = client.post("/api/scheduled-reports/preview", json=body).json()
    assert answer["words"] == "Every day at 09:00 (New York), moved to the next business day (calendar Factory)"
    wednesday, friday, monday = answer["next_runs"]
    assert "note" not in wednesday
    assert friday["note"] == "also stands for Thu 26 Nov 2026 (Thanksgiving)"
    assert monday["note"] == "also stands for Sat 28 Nov 2026 and Sun 29 Nov 2026"
    assert friday["window"] == {
        "start": "2026-11-20T00:00:00-05:00",
        "end": "2026-11-27T00:00:00-05:00",
        "words": "last 7 days (20 to 26 Nov 2026)",
    }
    unknown = client.post("/api/scheduled-reports/preview", json=body | {"report_id": str(uuid4())})
    assert unknown.status_code == 404


def test_a_report_without_dates_covers_no_window(client: TestClient, orders: Dataset) -> None:
    made = client.post(
        "/api/reports",
        json={"name": "All", "definition": {"dataset_id": str(orders.id), "columns": ["country"], "timezone": "UTC"}},
    )
    body = {"schedule_config": daily("US"), "count": 1, "report_id": made.json()["id"]}
    (slot,) = client.post("/api/scheduled-reports/preview", json=body).json()["next_runs"]
    assert set(slot) == {"utc", "local"}


def test_a_span_that_the_filters_ask_for_is_the_window(client: TestClient, orders: Dataset) -> None:
    span = {"field": "ordered_at", "operator": "in_window", "window": {"kind": "to_date", "unit": "month"}}
    definition = {"dataset_id": str(orders.id), "columns": ["country"], "timezone": "UTC", "filters": {"items": [span]}}
    made = client.post("/api/reports", json={"name": "Month", "definition": definition})
    assert made.status_code == 201, made.text
    body = {"schedule_config": daily("US", "any"), "count": 1, "report_id": made.json()["id"]}
    (slot,) = client.post("/api/scheduled-reports/preview", json=body).json()["next_runs"]
    assert slot["window"]["words"] == "this month to date (1 to 24 Nov 2026)"


def test_who_may_not_manage_schedules_keeps_no_calendar(installation: Installation, tenant: Tenant) -> None:
    from dataclasses import replace

    from core.domain.access import BUILT_IN_ROLES
    from core.domain.calendar import CalendarDraft
    from core.errors import NotAllowed

    viewer = replace(tenant.principal, permissions=BUILT_IN_ROLES["viewer"])
    calendars = installation.broadsheet.calendars
    assert calendars.list(viewer) == ()
    for act in (
        lambda: calendars.create(viewer, CalendarDraft(name="x")),
        lambda: calendars.change(viewer, UUID(int=1), CalendarDraft(name="x")),
        lambda: calendars.delete(viewer, UUID(int=1)),
        lambda: calendars.read_ics(viewer, b""),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_now_is_a_monday() -> None:
    assert f"{NOW:%a %H:%M}" == "Mon 09:00"
