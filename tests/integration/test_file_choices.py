"""How files are made, from the request to the file: formats, options, names, passwords that only go in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.dataset import Dataset
from core.secrets import SecretBox
from tests.conftest import Tenant
from tests.integration.api_parts import SECRET_KEY, Installation, insert_orders, start

NOT_THERE = "00000000-0000-0000-0000-00000000b0ad"
PASSWORD = "a password of seven words for files"


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def definition_of(orders: Dataset) -> dict[str, Any]:
    return {"dataset_id": str(orders.id), "columns": ["order_id", "amount"], "limit": 3, "timezone": "UTC"}


@pytest.fixture
def report_id(client: TestClient, orders: Dataset) -> str:
    return str(client.post("/api/reports", json={"name": "Orders", "definition": definition_of(orders)}).json()["id"])


def schedule_of(report_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Every Monday",
        "report_id": report_id,
        "schedule_config": {"cadence": "weekly", "day_of_week": 1, "time": "09:00", "timezone": "UTC"},
        "recipients": [{"type": "email", "value": "boss@example.com"}],
        "formats": ["csv"],
    } | changes


def sealed_of(installation: Installation, tenant: Tenant, schedule_id: str) -> str | None:
    """The password that is kept, opened."""
    schedule = installation.broadsheet.schedules.get(tenant.principal, UUID(schedule_id))
    sealed = schedule.file_options.sealed_password
    return None if sealed is None else SecretBox(SECRET_KEY).decrypt(sealed)


def test_several_formats_come_from_one_run_each_made_as_asked(
    installation: Installation, client: TestClient, report_id: str
) -> None:
    options = {"csv": {"delimiter": ";", "decimal": ","}, "file_name": "{report} {date}"}
    started = client.post(f"/api/reports/{report_id}/export", json={"formats": ["csv", "jsonl"], "options": options})
    assert started.status_code == 202, started.text
    assert (started.json()["formats"], started.json()["file_options"]) == (["csv", "jsonl"], options)
    run_id = started.json()["id"]
    installation.daemon.run(UUID(run_id))
    run = client.get(f"/api/report-executions/{run_id}").json()
    assert (run["status"], run["progress"]) == ("completed", None), run["error"]
    assert {file["format"] for file in run["artifacts"]} >= {"csv", "jsonl"}
    lines = client.get(f"/api/report-executions/{run_id}/download?format=csv").text.splitlines()
    assert lines[0] == "Order;Amount"
    assert lines[1].partition(";")[2].replace(",", ".", 1).replace(".", "", 1).isdigit()
    assert "," in lines[1]


def test_a_definition_that_is_not_saved_is_made_into_files(
    installation: Installation, client: TestClient, orders: Dataset
) -> None:
    body = {"definition": definition_of(orders), "title": "A try", "format": "csv", "options": {"csv": {"bom": True}}}
    started = client.post("/api/reports/preview-export", json=body)
    assert (started.status_code, started.json()["report_id"], started.json()["title"]) == (202, None, "A try")
    run_id = started.json()["id"]
    installation.daemon.run(UUID(run_id))
    assert client.get(f"/api/report-executions/{run_id}/download?format=csv").content.startswith(b"\xef\xbb\xbf")
    assert client.get("/api/reports").json()["total"] == 0


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"format": "csv", "formats": ["csv"]}, "format"),
        ({"format": None}, "format"),
        ({"formats": [], "format": None}, "formats"),
        ({"formats": ["csv", "csv"], "format": None}, "formats"),
        ({"format": "docx"}, "format"),
        ({"options": {"csv": {"delimiter": "!"}}}, "options.csv.delimiter"),
        ({"options": {"pdf": {"style": "grand"}}}, "options.pdf.style"),
        ({"options": {"colour": "red"}}, "options.colour"),
        ({"options": {"file_name": "{reprot}"}}, "options.file_name"),
        ({"options": {"sealed_password": "gAAAA"}}, "options"),
        ({"options": {"file_name": "a\u0000b"}}, "options.file_name"),
        ({"options": {"csv": {"delimiter": ["\u0000"]}}}, "options.csv.delimiter[0]"),
        ({"options": {"csv": {"\u0000": 1}}}, "options.csv"),
        ({"options": []}, "options"),
        ({"options": {"xlsx": {"template_id": NOT_THERE}}}, "options.xlsx.template_id"),
        ({"password": "short"}, "password"),
        ({"password": "with a\nline end"}, "password"),
        ({"password": "ü" * 64}, "password"),
    ],
)
def test_a_file_that_cannot_be_made_as_asked_is_refused_with_its_place(
    client: TestClient, report_id: str, change: dict[str, Any], place: str
) -> None:
    answer = client.post(f"/api/reports/{report_id}/export", json={"format": "csv"} | change)
    assert (answer.status_code, answer.json()["place"]) == (422, place), answer.text
    assert "Input should" not in answer.text
    assert client.get("/api/report-executions").json()["total"] == 0


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "A password has at least 8 characters."),
        ("a" * 128, "A password has up to 127 characters."),
        ("ü" * 64, "A password has up to 127 bytes: letters with accents count two or more each."),
        ("a" * 201, "It may have up to 200 characters; this has 201."),
    ],
)
def test_what_is_wrong_with_a_password_is_said_in_words(
    client: TestClient, report_id: str, password: str, words: str
) -> None:
    answer = client.post(f"/api/reports/{report_id}/export", json={"format": "csv", "password": password})
    assert (answer.json()["place"], answer.json()["detail"]) == ("password", words)


def test_a_password_goes_in_and_never_comes_out(
    installation: Installation, client: TestClient, tenant: Tenant, report_id: str
) -> None:
    options = {"pdf": {"style": "cover"}, "zip": True}
    body = schedule_of(report_id, file_options=options, password=PASSWORD)
    made = client.post("/api/scheduled-reports", json=body)
    assert made.status_code == 201, made.text
    schedule_id = made.json()["id"]
    assert (made.json()["file_options"], made.json()["has_password"]) == (options, True)
    assert sealed_of(installation, tenant, schedule_id) == PASSWORD
    run = client.post(f"/api/scheduled-reports/{schedule_id}/run")
    assert (run.json()["file_options"], run.json()["has_password"]) == (options, True)
    client.post(f"/api/report-executions/{run.json()['id']}/cancel")
    again = client.post(f"/api/report-executions/{run.json()['id']}/retry")
    assert (again.json()["file_options"], again.json()["has_password"]) == (options, True)
    for answer in (made, run, again, client.get(f"/api/scheduled-reports/{schedule_id}")):
        assert PASSWORD not in answer.text
        assert "sealed" not in answer.text


def test_a_password_stays_until_a_change_speaks_of_it(
    installation: Installation, client: TestClient, tenant: Tenant, report_id: str
) -> None:
    made = client.post("/api/scheduled-reports", json=schedule_of(report_id, password=PASSWORD)).json()
    address = f"/api/scheduled-reports/{made['id']}"
    client.put(address, json=schedule_of(report_id, name="Renamed"))
    client.patch(address, json={"file_options": {"zip": True}})
    assert sealed_of(installation, tenant, made["id"]) == PASSWORD
    same = client.patch(address, json={"file_options": {"zip": True}}).json()
    assert (same["version"], same["has_password"]) == (made["version"] + 2, True)
    client.patch(address, json={"password": "another password"})
    assert sealed_of(installation, tenant, made["id"]) == "another password"
    assert client.patch(address, json={"password": None}).json()["has_password"] is False
    client.patch(address, json={"password": PASSWORD})
    assert client.put(address, json=schedule_of(report_id, password=None)).json()["has_password"] is False


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"file_options": {"xlsx": {"cover": "yes"}}}, "file_options.xlsx.cover"),
        ({"file_options": {"file_name": "{x}"}}, "file_options.file_name"),
        ({"file_options": {"sealed_password": "gAAAA"}}, "file_options"),
        ({"file_options": {"xlsx": {"template_id": NOT_THERE}}}, "file_options.xlsx.template_id"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_schedule_with_options_that_cannot_be_is_not_saved(
    client: TestClient, report_id: str, change: dict[str, Any], place: str
) -> None:
    answer = client.post("/api/scheduled-reports", json=schedule_of(report_id) | change)
    assert (answer.status_code, answer.json()["place"]) == (422, place), answer.text
    assert client.get("/api/scheduled-reports").json()["total"] == 0
    made = client.post("/api/scheduled-reports", json=schedule_of(report_id)).json()
    refused = client.patch(f"/api/scheduled-reports/{made['id']}", json=change)
    assert (refused.status_code, refused.json()["place"]) == (422, place), refused.text
    assert client.get(f"/api/scheduled-reports/{made['id']}").json()["version"] == made["version"]
