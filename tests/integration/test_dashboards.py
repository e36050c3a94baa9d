"""Dashboards over the API: kept in versions, looked at, guarded, made into files, and sent by schedules."""

import email
import email.policy
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pypdf
import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.dataset import Dataset, Source
from core.query.executor import QueryExecutor
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start

COUNTRIES = {
    "groupings": [{"field": "country"}],
    "measures": [{"aggregation": "count"}, {"aggregation": "sum", "field": "amount"}],
    "kpis": [
        {"aggregation": "count", "label": "Orders"},
        {"aggregation": "sum", "field": "amount", "label": "Revenue"},
    ],
    "chart": {"kind": "bar", "x": "country", "y": ["count"]},
    "sort": [{"key": "count", "descending": True}],
    "timezone": "UTC",
}
ROWS = {"columns": ["order_id", "country", "amount"], "sort": [{"key": "order_id"}], "limit": 50, "timezone": "UTC"}


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
def reports(client: TestClient, orders: Dataset) -> tuple[str, str]:
    """The countries and the rows."""
    made = []
    for name, definition in (("Countries", COUNTRIES), ("Newest orders", ROWS)):
        body = {"name": name, "definition": {**definition, "dataset_id": str(orders.id)}}
        made.append(str(client.post("/api/reports", json=body).json()["id"]))
    return made[0], made[1]


def content_of(reports: tuple[str, str]) -> dict[str, Any]:
    """Every kind of tile, and a filter that one of them does not know."""
    countries, rows = reports
    return {
        "timezone": "UTC",
        "tiles": [
            {"kind": "text", "id": "note", "text": "# Shop\nAll **good**.", "row": 0, "column": 0, "width": 12},
            {
                "kind": "kpi", "id": "orders", "report_id": countries, "measure": "count",
                "row": 1, "column": 0, "width": 3,
            },
            {
                "kind": "report", "id": "chart", "report_id": countries, "show": "chart",
                "row": 1, "column": 3, "width": 9,
            },
            {"kind": "report", "id": "rows", "report_id": rows, "row": 2, "column": 0, "width": 12, "height": "tall"},
        ],
        "filters": [
            {
                "name": "country", "label": "Country", "value_type": "text", "is_list": True,
                "targets": [
                    {"tile": "orders", "field": "country"},
                    {"tile": "chart", "field": "country"},
                ],
            }
        ],
    }  # fmt: skip


def keep(client: TestClient, reports: tuple[str, str], **changes: Any) -> dict[str, Any]:
    body = {"name": "Shop", "content": content_of(reports), **changes}
    answer = client.post("/api/dashboards", json=body)
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def test_it_is_kept_in_versions(client: TestClient, reports: tuple[str, str]) -> None:
    kept = keep(client, reports)
    path = f"/api/dashboards/{kept['id']}"
    assert client.get(path).headers["ETag"] == '"1"'
    changed = {"name": "The shop", "content": {**kept["content"], "refresh_s": 60}}
    assert client.put(path, json=changed, headers={"If-Match": '"1"'}).json()["version"] == 2
    stale = client.put(path, json=changed, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert "version 2" in stale.json()["detail"]
    versions = client.get(f"{path}/versions").json()["items"]
    assert [one["content"]["refresh_s"] for one in versions] == [60, None]
    assert client.get(path, params={"version": 1}).json()["content"]["refresh_s"] is None
    assert client.get("/api/dashboards").json()["items"][0]["name"] == "The shop"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_what_cannot_be_is_refused_with_its_place(client: TestClient, reports: tuple[str, str]) -> None:
    content = content_of(reports)
    chart, target = content["tiles"][2], content["filters"][0]

    def refused(change: dict[str, Any]) -> str:
        answer = client.post("/api/dashboards", json={"name": "Shop", "content": {**content, **change}})
        assert answer.status_code == 422, answer.text
        return str(answer.json()["place"])

    rest = [tile for tile in content["tiles"] if tile["id"] != "chart"]
    assert refused({"tiles": [{**chart, "report_id": str(uuid4())}, *rest]}) == "tiles[0].report_id"
    assert refused({"tiles": [{**chart, "report_id": reports[1]}, *rest]}) == "tiles[0].show"
    kpi = {**content["tiles"][1], "measure": "median__amount"}
    assert refused({"tiles": [kpi, *content["tiles"][2:]]}) == "tiles[0].measure"
    fields = [{"tile": "chart", "field": "land"}]
    assert refused({"filters": [{**target, "targets": fields}]}) == "filters[0].targets[0].field"
    fields = [{"tile": "chart", "field": "amount"}]
    assert refused({"filters": [{**target, "targets": fields}]}) == "filters[0].targets[0].field"


def test_a_look_answers_every_tile_and_one_that_fails_harms_no_other(
    client: TestClient, reports: tuple[str, str], orders: Dataset
) -> None:
    kept = keep(client, reports)
    path = f"/api/dashboards/{kept['id']}/preview"
    tiles = {tile["id"]: tile for tile in client.post(path, json={"filters": {"country": ["日本"]}}).json()["tiles"]}
    assert tiles["orders"]["kpis"][0]["value"] == 750
    assert tiles["orders"]["title"] == "Orders"
    assert [row[0] for row in tiles["chart"]["preview"]["rows"]] == ["日本"]
    assert tiles["rows"]["preview"]["rows_matched"] == 3000
    assert tiles["rows"]["not_filtered_by"] == ["Country"]
    assert tiles["note"]["text"].startswith("# Shop")
    without = {**COUNTRIES, "dataset_id": str(orders.id), "kpis": []}
    saved = client.put(f"/api/reports/{reports[0]}", json={"name": "Countries", "definition": without})
    assert saved.status_code == 200
    tiles = {tile["id"]: tile for tile in client.post(path, json={}).json()["tiles"]}
    assert "no headline number" in tiles["orders"]["error"]["message"]
    assert tiles["chart"]["error"] is None
    refused = client.post(path, json={"filters": {"land": "x"}})
    assert (refused.status_code, refused.json()["place"]) == (422, "filters.land")


def test_a_report_on_a_dashboard_says_so_when_it_is_taken_away(client: TestClient, reports: tuple[str, str]) -> None:
    kept = keep(client, reports)
    refused = client.delete(f"/api/reports/{reports[0]}")
    assert refused.status_code == 409
    assert "Shop" in refused.json()["detail"]
    client.delete(f"/api/dashboards/{kept['id']}")
    assert client.delete(f"/api/reports/{reports[0]}").status_code == 204


def test_other_organizations_and_viewers_are_kept_out(
    installation: Installation,
    client: TestClient,
    reports: tuple[str, str],
    make_organization: Callable[..., Tenant],
) -> None:
    kept = keep(client, reports)
    path = f"/api/dashboards/{kept['id']}"
    stranger = installation.sign_in(make_organization())
    assert stranger.get(path).status_code == 404
    assert stranger.put(path, json={"name": "x", "content": {"tiles": []}}).status_code == 404
    assert stranger.post(f"{path}/preview", json={}).status_code == 404
    assert stranger.post(f"{path}/export", json={"format": "pdf"}).status_code == 404
    assert stranger.delete(path).status_code == 404
    theirs = stranger.post("/api/dashboards", json={"name": "x", "content": content_of(reports)})
    assert (theirs.status_code, theirs.json()["place"]) == (422, "tiles[1].report_id")
    viewer = installation.sign_in(make_organization(role="viewer"))
    assert viewer.post("/api/dashboards", json={"name": "x", "content": {"tiles": []}}).status_code == 403


def files_of(installation: Installation, client: TestClient, run: dict[str, Any]) -> dict[str, Any]:
    """Carry out a run with all its deliveries."""
    installation.daemon.run(UUID(run["id"]))
    done: dict[str, Any] = client.get(f"/api/report-executions/{run['id']}").json()
    for delivery in done["deliveries"]:
        installation.daemon.deliver(UUID(delivery["id"]))
    ended: dict[str, Any] = client.get(f"/api/report-executions/{run['id']}").json()
    return ended


def download(client: TestClient, run: dict[str, Any], format_: str) -> bytes:
    answer = client.get(f"/api/report-executions/{run['id']}/download", params={"format": format_})
    assert answer.status_code == 200, answer.text
    return answer.content


def test_its_files_hold_every_tile(installation: Installation, client: TestClient, reports: tuple[str, str]) -> None:
    kept = keep(client, reports)
    body = {"formats": ["xlsx", "pdf", "html", "zip"], "filters": {"country": ["日本", "España"]}}
    started = client.post(f"/api/dashboards/{kept['id']}/export", json=body)
    assert started.status_code == 202, started.text
    assert started.json()["dashboard_id"] == kept["id"]
    run = files_of(installation, client, started.json())
    assert run["status"] == "completed", run["error"]
    assert {one["format"] for one in run["artifacts"]} == {"xlsx", "pdf", "html", "csv", "csv.manifest"}

    book = openpyxl.load_workbook(io.BytesIO(download(client, run, "xlsx")))
    assert book.sheetnames == ["About", "Shop", "Orders", "Countries", "Newest orders"]
    assert [row[0].value for row in book["Countries"].iter_rows(min_row=2)] == ["España", "日本"]
    assert book["Orders"]["B2"].value == 1500
    assert book["Newest orders"].max_row == 51
    cover = [str(cell.value) for row in book["About"].iter_rows() for cell in row if cell.value]
    assert any("Country: 日本, España" in text for text in cover)
    assert any("Not filtered by Country." in text for text in cover)

    page = pypdf.PdfReader(io.BytesIO(download(client, run, "pdf")))
    text = "\n".join(one.extract_text() for one in page.pages)
    places = [text.index(words) for words in ("All good.", "Orders", "Countries", "Newest orders", "Data as of")]
    assert places[:4] == sorted(places[:4])
    assert "Only the first 50 of 3,000 rows" in text.replace("\n", " ")
    assert [one.title for one in page.outline if not isinstance(one, list)][:3] == ["Shop", "Shop", "Orders"]

    html = download(client, run, "html").decode()
    assert html.count('<section class="tile') == 4
    assert "<strong>good</strong>" in html
    assert "Country: 日本, España" in html
    assert html.count("<tr>") == 51

    with zipfile.ZipFile(io.BytesIO(download(client, run, "csv"))) as packed:
        assert packed.namelist() == ["01 Shop.csv", "02 Orders.csv", "03 Countries.csv", "04 Newest orders.csv"]
        assert packed.read("03 Countries.csv").decode("utf-8-sig").splitlines()[1].startswith("España,")


def test_a_tile_that_fails_is_named_and_nothing_is_made(
    installation: Installation, client: TestClient, reports: tuple[str, str], orders: Dataset
) -> None:
    kept = keep(client, reports)
    run = client.post(f"/api/dashboards/{kept['id']}/export", json={"format": "xlsx"}).json()
    without = {**COUNTRIES, "dataset_id": str(orders.id), "chart": None}
    client.put(f"/api/reports/{reports[0]}", json={"name": "Countries", "definition": without})
    done = files_of(installation, client, run)
    assert (done["status"], done["artifacts"]) == ("failed", [])
    assert done["error"]["message"].startswith("Countries: The report has no chart")


def test_all_tiles_of_a_source_show_one_moment(
    installation: Installation, client: TestClient, reports: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = QueryExecutor.one_snapshot

    def counted(self: QueryExecutor, source: Source, **given: Any) -> Any:
        opened.append(source.id)
        return real(self, source, **given)

    monkeypatch.setattr(QueryExecutor, "one_snapshot", counted)
    kept = keep(client, reports)
    run = client.post(f"/api/dashboards/{kept['id']}/export", json={"format": "jsonl"}).json()
    done = files_of(installation, client, run)
    assert done["status"] == "completed", done["error"]
    assert len(opened) == 1


def schedule_of(dashboard_id: str, /, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Shop, every day",
        "dashboard_id": dashboard_id,
        "schedule_config": {"cadence": "daily", "time": "08:00", "timezone": "UTC"},
        "recipients": [{"type": "email", "value": "boss@example.com"}, {"type": "folder", "value": "shop"}],
        "formats": ["html", "csv"],
        "report_parameters": {"country": ["日本"]},
        **changes,
    }


def test_a_schedule_sends_it(
    installation: Installation, client: TestClient, reports: tuple[str, str], tmp_path: Path
) -> None:
    kept = keep(client, reports)
    path = "/api/scheduled-reports"
    made = client.post(path, json=schedule_of(kept["id"]))
    assert made.status_code == 201, made.text
    schedule = made.json()
    assert (schedule["report_id"], schedule["dashboard_id"]) == (None, kept["id"])
    assert schedule["report_name"] == "Shop"
    refused = client.delete(f"/api/dashboards/{kept['id']}")
    assert (refused.status_code, "Shop, every day" in refused.json()["detail"]) == (409, True)

    done = files_of(installation, client, client.post(f"{path}/{schedule['id']}/run").json())
    assert done["status"] == "completed", (done["error"], done["deliveries"])
    assert done["parameters"] == {"country": ["日本"]}
    delivered = sorted(one.name for one in (tmp_path / "delivered").rglob("*") if one.is_file())
    assert any(name.endswith(".zip") for name in delivered), delivered
    assert any(name.endswith(".html") for name in delivered), delivered
    (mail,) = (tmp_path / "outbox").rglob("*.eml")
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert "750" in body.get_content()
    assert "Country: 日本" in body.get_content()
    assert f"/dashboard?dashboard={kept['id']}&f.country=%E6%97%A5%E6%9C%AC" in body.get_content()

    changed = client.patch(f"{path}/{schedule['id']}", json={"name": "Shop, daily"})
    assert (changed.status_code, changed.json()["dashboard_id"]) == (200, kept["id"])


def test_what_a_dashboard_cannot_be_scheduled_with_is_said(client: TestClient, reports: tuple[str, str]) -> None:
    kept = keep(client, reports)

    def refused(**changes: Any) -> tuple[str, str]:
        answer = client.post("/api/scheduled-reports", json=schedule_of(kept["id"], **changes))
        assert answer.status_code == 422, answer.text
        return answer.json()["place"], answer.json()["detail"]

    assert refused(dashboard_id=None)[0] == "report_id"
    assert refused(report_id=reports[0])[0] == "dashboard_id"
    assert refused(report_parameters={"land": "x"})[0] == "report_parameters.land"
    place, words = refused(condition={"kind": "rows"})
    assert place == "condition"
    assert "one report" in words


def test_the_planner_makes_its_slots_into_runs(
    installation: Installation, client: TestClient, tenant: Tenant, reports: tuple[str, str], clock: FixedClock
) -> None:
    kept = keep(client, reports)
    schedule = client.post("/api/scheduled-reports", json=schedule_of(kept["id"], formats=["csv"])).json()
    clock.advance(timedelta(hours=23, seconds=1))
    assert installation.daemon.plan() == 1
    later = installation.sign_in(tenant)
    (run,) = later.get("/api/report-executions", params={"dashboard_id": kept["id"]}).json()["items"]
    assert (run["schedule_id"], run["title"]) == (schedule["id"], "Shop")
