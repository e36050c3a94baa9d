"""Parameters from the outside: previews, files and schedules that give values, and every place they can be wrong."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.dataset import Dataset
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start

LAST_WEEK = {"kind": "last", "n": 7, "unit": "day"}
COUNTRY = {"name": "country", "label": "Country", "field": "country", "is_list": True, "is_required": True}
LEAST = {"name": "least", "label": "Least amount", "field": "amount"}
SPAN = {"name": "span", "label": "Span", "type": "window"}


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def asking(dataset: Dataset, **changes: Any) -> dict[str, Any]:
    """Orders by country of the countries, amounts and days that are asked for."""
    return {
        "dataset_id": str(dataset.id),
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "count"}],
        "period": {"field": "ordered_at", "window": LAST_WEEK, "parameter": "span"},
        "filters": {
            "items": [
                {"field": "country", "operator": "is", "parameter": "country"},
                {"field": "amount", "operator": "at_least", "parameter": "least"},
            ]
        },
        "parameters": [COUNTRY, LEAST, SPAN],
        "timezone": "UTC",
    } | changes


def without_parameters(dataset: Dataset) -> dict[str, Any]:
    return asking(dataset, parameters=[], filters={"items": []}, period={"field": "ordered_at", "window": LAST_WEEK})


@pytest.fixture
def report_id(client: TestClient, orders: Dataset) -> str:
    return save_report(client, asking(orders))


def save_report(client: TestClient, definition: dict[str, Any]) -> str:
    made = client.post("/api/reports", json={"name": "Orders of countries", "definition": definition})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def schedule_of(report_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Every day",
        "report_id": report_id,
        "schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "UTC"},
        "recipients": [{"type": "email", "value": "boss@example.com"}],
        "formats": ["csv"],
    } | changes


def finish(installation: Installation, client: TestClient, run_id: str) -> dict[str, Any]:
    installation.daemon.run(UUID(run_id))
    return dict(client.get(f"/api/report-executions/{run_id}").json())


def test_a_preview_takes_values_and_says_them(client: TestClient, orders: Dataset, report_id: str) -> None:
    given = {"country": ["España", "日本"], "least": 10}
    shown = client.post(f"/api/reports/{report_id}/preview", json={"parameters": given}).json()
    assert [row[0] for row in shown["rows"]] == ["España", "日本"], shown
    country, amount = shown["filters"][1:]
    assert "España" in country
    assert "日本" in country
    assert amount == "Amount is at least 10"
    unsaved = client.post("/api/reports/preview", json={"definition": asking(orders), "parameters": given}).json()
    assert unsaved["rows"] == shown["rows"]
    yesterday = given | {"span": {"kind": "last", "n": 1, "unit": "day"}}
    narrow = client.post(f"/api/reports/{report_id}/preview", json={"parameters": yesterday}).json()
    assert narrow["period"] == {"first_on": "2026-11-22", "last_on": "2026-11-22"}


WRONG = [
    ({}, "parameters.country"),
    ({"country": []}, "parameters.country"),
    ({"country": "España", "planet": "Mars"}, "parameters.planet"),
    ({"country": [1]}, "parameters.country[0]"),
    ({"country": "España", "least": "much"}, "parameters.least[0]"),
    ({"country": "España", "least": [1, 2]}, "parameters.least"),
    ({"country": "España", "span": "yesterday"}, "parameters.span"),
    ({"country": "España", "span": {"kind": "last", "n": 9_000_000, "unit": "year"}}, "parameters.span"),
    ({"country": {"x": 1}}, "parameters.country"),
    ({"country": "x" * 1_100_000}, ""),
]


@pytest.mark.parametrize(("given", "place"), WRONG)
def test_wrong_values_name_their_place_and_start_nothing(
    client: TestClient, report_id: str, given: dict[str, Any], place: str
) -> None:
    for path, body in (("preview", {}), ("export", {"format": "csv"})):
        answer = client.post(f"/api/reports/{report_id}/{path}", json={**body, "parameters": given})
        assert answer.status_code == 422, answer.text
        assert str(answer.json().get("place") or "").startswith(place), answer.text
    assert client.get("/api/report-executions").json()["total"] == 0


@pytest.mark.parametrize(("given", "place"), WRONG)
def test_a_schedule_with_wrong_values_is_not_saved(
    client: TestClient, report_id: str, given: dict[str, Any], place: str
) -> None:
    answer = client.post("/api/scheduled-reports", json=schedule_of(report_id, report_parameters=given))
    assert answer.status_code == 422, answer.text
    assert not place or answer.json()["place"].startswith(f"report_{place}"), answer.text
    assert client.get("/api/scheduled-reports").json()["total"] == 0


def test_a_file_is_made_of_the_values_given(installation: Installation, client: TestClient, report_id: str) -> None:
    body = {"format": "csv", "parameters": {"country": "España", "least": None}}
    asked = client.post(f"/api/reports/{report_id}/export", json=body)
    assert asked.status_code == 202, asked.text
    assert asked.json()["parameters"] == {"country": ["España"]}
    run = finish(installation, client, asked.json()["id"])
    assert run["status"] == "completed", run["error"]
    assert run["artifacts"][0]["filters"][1:] == ['Country is "España"']
    file = client.get(f"/api/report-executions/{run['id']}/download?format=csv").content.decode()
    assert [line.split(",")[0] for line in file.splitlines()] == ["Country", "España"]


def test_a_run_keeps_its_values_whatever_is_saved_later(
    installation: Installation, client: TestClient, orders: Dataset, report_id: str
) -> None:
    body = {"format": "csv", "parameters": {"country": "日本"}}
    asked = client.post(f"/api/reports/{report_id}/export", json=body).json()
    changed = {"name": "Changed", "definition": without_parameters(orders)}
    assert client.put(f"/api/reports/{report_id}", json=changed).status_code == 200
    run = finish(installation, client, asked["id"])
    assert run["artifacts"][0]["filters"][1:] == ['Country is "日本"']


def test_a_schedule_sends_with_its_values(
    installation: Installation, client: TestClient, report_id: str, clock: FixedClock, tenant: Tenant
) -> None:
    given = {"country": "España", "span": {"kind": "last", "n": 2, "unit": "day"}}
    made = client.post("/api/scheduled-reports", json=schedule_of(report_id, report_parameters=given))
    assert made.status_code == 201, made.text
    kept = made.json()["report_parameters"]
    assert kept["country"] == ["España"]
    path = f"/api/scheduled-reports/{made.json()['id']}"
    assert client.get(path).json()["problems"] == []
    same = client.patch(path, json={"report_parameters": given}).json()
    assert same["version"] == 1, "the same values, written in another way, are no change"
    assert client.patch(path, json={"name": "Daily"}).json()["report_parameters"] == kept

    clock.advance(timedelta(days=1))
    installation.daemon.plan()
    client = installation.sign_in(tenant)
    planned = client.get(f"{path}/executions").json()["items"]
    assert [run["parameters"] for run in planned] == [kept]
    run = finish(installation, client, planned[0]["id"])
    file, _ = run["artifacts"]
    assert file["filters"][1:] == ['Country is "España"']
    assert file["period"] == "2026-11-22/2026-11-23"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameters": [COUNTRY, LEAST | {"is_required": True}, SPAN]}, "'Least amount' needs a value."),
        (None, "The report has no parameter 'country'."),
        ({"parameters": [COUNTRY | {"field": "order_id"}, LEAST, SPAN]}, ""),
    ],
    ids=["one more is required", "none is left", "another type"],
)
def test_a_report_that_asks_for_something_else_now_fails_its_run_and_says_so(
    installation: Installation,
    client: TestClient,
    orders: Dataset,
    report_id: str,
    change: dict[str, Any] | None,
    said: str,
) -> None:
    body = schedule_of(report_id, report_parameters={"country": "España"})
    path = f"/api/scheduled-reports/{client.post('/api/scheduled-reports', json=body).json()['id']}"
    definition = without_parameters(orders) if change is None else asking(orders, **change)
    if change and "order_id" in str(change):
        definition["filters"]["items"][0]["field"] = "order_id"
    assert client.put(f"/api/reports/{report_id}", json={"name": "R", "definition": definition}).status_code == 200

    (problem,) = client.get(path).json()["problems"]
    assert problem["place"].startswith("report_parameters.")
    assert said in problem["message"]
    run = finish(installation, client, client.post(f"{path}/run").json()["id"])
    assert (run["status"], run["error"]["code"]) == ("failed", "parameters_unfit")
    assert said in run["error"]["message"]
    assert "Open the schedule" in run["error"]["message"]
    assert run["artifacts"] == []


def test_hidden_columns_are_neither_in_previews_nor_in_files(
    installation: Installation, client: TestClient, orders: Dataset
) -> None:
    definition = without_parameters(orders) | {
        "measures": [{"aggregation": "count"}, {"aggregation": "max", "field": "amount", "label": "Secret top"}],
        "sort": [{"key": "max__amount", "descending": True}],
        "totals": {"grand": True},
        "options": [{"key": "max__amount", "is_hidden": True}, {"key": "count", "label": "How many", "width": 9}],
    }
    shown = client.post("/api/reports/preview", json={"definition": definition}).json()
    assert [(column["key"], column["label"], column["width"]) for column in shown["columns"]] == [
        ("country", "Country", None),
        ("count", "How many", 9),
    ]
    assert {len(row) for row in shown["rows"]} == {2}
    assert shown["totals"] == [{"level": 0, "keys": [], "values": [None, 168]}]
    report_id = save_report(client, definition)
    for name in ("csv", "jsonl", "html"):
        file = make_format_of(installation, client, report_id, name)
        assert b"Secret top</th>" not in file
        assert b"max__amount" not in file


def test_an_answer_from_memory_says_so_and_can_be_asked_anew(client: TestClient, orders: Dataset) -> None:
    body = {"definition": without_parameters(orders)}
    answers = [client.post("/api/reports/preview", json=body | more).json() for more in ({}, {}, {"refresh": True})]
    assert [answer["is_cached"] for answer in answers] == [False, True, False]
    assert [answer["rows_matched_is_at_least"] for answer in answers] == [False, False, False]


def make_format_of(installation: Installation, client: TestClient, report_id: str, name: str) -> bytes:
    run_id = client.post(f"/api/reports/{report_id}/export", json={"format": name}).json()["id"]
    assert finish(installation, client, run_id)["status"] == "completed"
    return client.get(f"/api/report-executions/{run_id}/download?format={name}").content
