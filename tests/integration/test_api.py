"""The REST API from the outside: sign in, build, preview, save, schedule, run, download; and everything it refuses."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
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


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def by_country(dataset: Dataset, **changes: Any) -> dict[str, Any]:
    return {
        "dataset_id": str(dataset.id),
        "groupings": [{"field": "country"}],
        "measures": [{"aggregation": "count"}, {"aggregation": "sum", "field": "amount"}],
        "period": {"field": "ordered_at", "window": {"kind": "last", "n": 7, "unit": "day"}},
        "kpis": [{"aggregation": "sum", "field": "amount"}],
        "sort": [{"key": "count", "descending": True}],
        "timezone": "UTC",
    } | changes


def schedule_of(report_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Every Monday",
        "report_id": report_id,
        "schedule_config": {"cadence": "weekly", "day_of_week": 1, "time": "09:00", "timezone": "America/New_York"},
        "recipients": [{"type": "email", "value": "boss@example.com"}],
        "formats": ["csv"],
    } | changes


@pytest.fixture
def report_id(client: TestClient, orders: Dataset) -> str:
    made = client.post("/api/reports", json={"name": "Orders by country", "definition": by_country(orders)})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def finish(installation: Installation, run_id: str, tenant_client: TestClient) -> dict[str, Any]:
    """Let the daemon work on a run and its deliveries, as its queue would."""
    installation.daemon.run(UUID(run_id))
    run = tenant_client.get(f"/api/report-executions/{run_id}").json()
    for delivery in run["deliveries"]:
        installation.daemon.deliver(UUID(delivery["id"]))
    return dict(tenant_client.get(f"/api/report-executions/{run_id}").json())


def test_report_life(client: TestClient, report_id: str, orders: Dataset) -> None:
    changed = by_country(orders, limit=2)
    saved = client.put(
        f"/api/reports/{report_id}",
        json={"name": "Orders by country", "definition": changed},
        headers={"If-Match": '"1"'},
    )
    assert saved.json()["version"] == 2
    assert client.get(f"/api/reports/{report_id}?version=1").json()["definition"]["limit"] == 1000
    assert [v["version"] for v in client.get(f"/api/reports/{report_id}/versions").json()["items"]] == [2, 1]

    stale = client.put(
        f"/api/reports/{report_id}", json={"name": "X", "definition": changed}, headers={"If-Match": '"1"'}
    )
    assert stale.status_code == 412
    assert client.get(f"/api/reports/{report_id}").json()["version"] == 2

    assert client.delete(f"/api/reports/{report_id}").status_code == 204
    assert client.get(f"/api/reports/{report_id}").status_code == 404


def test_preview_says_how_many_rows_match(client: TestClient, report_id: str, orders: Dataset) -> None:
    shown = client.post("/api/reports/preview", json={"definition": by_country(orders), "limit": 2}).json()
    assert "columns" in shown, shown
    assert [column["key"] for column in shown["columns"]] == ["country", "count", "sum__amount"]
    assert shown["rows_matched"] == 4
    assert len(shown["rows"]) == 2
    assert shown["period"] == {"first_on": "2026-11-16", "last_on": "2026-11-22"}
    second = client.post(f"/api/reports/{report_id}/preview", json={"page": 2, "limit": 2}).json()
    assert len(second["rows"]) == 2
    assert sum(row[1] for row in shown["rows"] + second["rows"]) == 7 * 24


def test_exact_decimals_in_previews(client: TestClient, orders: Dataset) -> None:
    detail = {"dataset_id": str(orders.id), "columns": ["amount"], "sort": [{"key": "amount"}], "timezone": "UTC"}
    answer = client.post("/api/reports/preview", json={"definition": detail, "limit": 1})
    assert '"rows":[[0.10]]' in answer.text


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"groupings": [{"field": "planet"}]}, "groupings[0].field"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"limit": 0}, "limit"),
        ({"surprise": 1}, "surprise"),
        ({"dataset_id": "not an id"}, "dataset_id"),
        (
            {"filters": {"match": "all", "items": [{"field": "amount", "operator": "contains", "values": ["x"]}]}},
            "filters.items[0].operator",
        ),
    ],
)
def test_invalid_definition_names_its_place_and_saves_nothing(
    client: TestClient, orders: Dataset, change: dict[str, Any], place: str
) -> None:
    answer = client.post("/api/reports", json={"name": "Bad", "definition": by_country(orders, **change)})
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["place"] == place
    assert answer.json()["detail"]
    assert client.get("/api/reports").json()["total"] == 0


def test_schedule_life(installation: Installation, client: TestClient, report_id: str) -> None:
    made = client.post("/api/scheduled-reports", json=schedule_of(report_id))
    assert made.status_code == 201, made.text
    schedule = made.json()
    assert schedule["next_run_at"] == "2026-11-23T14:00:00+00:00"
    path = f"/api/scheduled-reports/{schedule['id']}"
    assert client.post(f"{path}/pause").json()["next_run_at"] is None
    assert client.get("/api/scheduled-reports?status=active").json()["total"] == 0
    assert client.post(f"{path}/resume").json()["is_active"] is True
    changed = client.patch(path, json={"name": "Mondays"}).json()
    assert (changed["name"], changed["formats"]) == ("Mondays", ["csv"])
    assert client.delete(f"/api/reports/{report_id}").status_code == 409
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            {"schedule_config": {"cadence": "daily", "time": "09:00", "timezone": "Mars/Olympus"}},
            "schedule_config.timezone",
        ),
        (
            {"schedule_config": {"cadence": "cron", "cron_expression": "61 * * * *", "timezone": "UTC"}},
            "schedule_config.cron_expression",
        ),
        ({"recipients": [{"type": "email", "value": "nobody"}]}, "recipients[0]"),
        ({"recipients": [{"type": "email", "value": "a@example.com\r\nBcc: b@example.com"}]}, "recipients[0]"),
        ({"recipients": []}, "recipients"),
        ({"formats": ["docx"]}, "format"),
        ({"formats": []}, "formats"),
        ({"email_subject": "{0.__class__}"}, "email_subject"),
        ({"name": " "}, "name"),
    ],
)
def test_invalid_schedule_names_its_place_and_saves_nothing(
    client: TestClient, report_id: str, change: dict[str, Any], place: str
) -> None:
    answer = client.post("/api/scheduled-reports", json=schedule_of(report_id, **change))
    assert answer.status_code == 422, answer.text
    assert str(answer.json()["place"]).startswith(place)
    assert client.get("/api/scheduled-reports").json()["total"] == 0


def test_next_runs_of_a_recurrence(client: TestClient) -> None:
    config = {"cadence": "daily", "time": "02:30", "timezone": "Europe/Berlin"}
    answer = client.post(
        "/api/scheduled-reports/preview",
        json={"schedule_config": config, "count": 2, "after": "2027-03-27T12:00:00+00:00"},
    ).json()
    assert [slot["utc"] for slot in answer["next_runs"]] == ["2027-03-28T01:00:00+00:00", "2027-03-29T00:30:00+00:00"]
    assert answer["next_runs"][0]["note"]
    naive = {"schedule_config": config, "after": "2027-03-27T12:00:00"}
    assert client.post("/api/scheduled-reports/preview", json=naive).status_code == 422


def test_export_is_made_and_downloaded(installation: Installation, client: TestClient, report_id: str) -> None:
    asked = client.post(f"/api/reports/{report_id}/export", json={"format": "csv"})
    assert asked.status_code == 202
    run = finish(installation, asked.json()["id"], client)
    assert (run["status"], run["rows_matched"], run["rows_delivered"]) == ("completed", 4, 4)
    file = client.get(f"/api/report-executions/{run['id']}/download?format=csv")
    assert hashlib.sha256(file.content).hexdigest() == run["artifacts"][0]["sha256"]
    assert "Österreich" in file.content.decode()
    assert client.get(f"/api/report-executions/{run['id']}/download?format=pdf").status_code == 404


def test_as_of_moves_the_logical_time(installation: Installation, client: TestClient, report_id: str) -> None:
    asked = client.post(
        f"/api/reports/{report_id}/export", json={"format": "csv", "as_of": "2026-10-05T09:00:00+00:00"}
    )
    assert asked.json()["logical_at"] == "2026-10-05T09:00:00+00:00"
    assert finish(installation, asked.json()["id"], client)["status"] == "completed"


def test_send_now_delivers_to_the_outbox(
    installation: Installation, client: TestClient, report_id: str, tenant: Tenant
) -> None:
    schedule = client.post("/api/scheduled-reports", json=schedule_of(report_id)).json()
    run = client.post(f"/api/scheduled-reports/{schedule['id']}/run").json()
    done = finish(installation, run["id"], client)
    assert done["status"] == "completed", done
    assert [d["status"] for d in done["deliveries"]] == ["sent"]
    files = list(installation.broadsheet.settings.outbox_dir.glob("*.eml"))
    mail = message_from_bytes(files[0].read_bytes())
    assert (len(files), mail["To"]) == (1, "boss@example.com")
    entry = installation.broadsheet.outbox.list(tenant.principal)[0]
    shown = installation.broadsheet.outbox.read(tenant.principal, entry.name)
    assert "Orders by country" in shown.html
    name = "Orders by country 2026-11-16 to 2026-11-22.csv"
    assert [a.file_name for a in shown.attachments] == [name, f"{name}.manifest.json"]
    executions = client.get(f"/api/scheduled-reports/{schedule['id']}/executions?status=completed").json()
    assert executions["total"] == 1


def test_a_source_that_is_gone_fails_the_run_in_plain_words(
    installation: Installation, client: TestClient, report_id: str, orders: Dataset
) -> None:
    (installation.broadsheet.settings.data_dir / "orders.duckdb").unlink()
    preview = client.post("/api/reports/preview", json={"definition": by_country(orders)})
    assert preview.status_code == 502
    assert preview.json()["code"] == "source_unavailable"
    run = client.post(f"/api/reports/{report_id}/export", json={"format": "csv"}).json()
    for _ in range(3):
        installation.daemon.run(UUID(run["id"]))
        installation.clock.advance(timedelta(hours=1))
    failed = client.get(f"/api/report-executions/{run['id']}").json()
    assert failed["status"] == "failed"
    assert failed["error"]["code"] == "source_unavailable"
    assert failed["artifacts"] == []


def test_links_open_one_file_until_they_expire(
    installation: Installation, client: TestClient, report_id: str, tenant: Tenant
) -> None:
    asked = client.post(f"/api/reports/{report_id}/export", json={"format": "csv"}).json()
    run = finish(installation, asked["id"], client)
    artifact_id = UUID(run["artifacts"][0]["id"])
    link = installation.broadsheet.links.mint(tenant.principal, artifact_id, valid_for=timedelta(days=7)).path
    stranger = installation.client
    answer = stranger.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert stranger.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404
    installation.clock.advance(timedelta(days=8))
    assert stranger.get(link).status_code == 404


def test_another_organization_sees_nothing(
    installation: Installation, client: TestClient, report_id: str, make_organization: Callable[..., Tenant]
) -> None:
    schedule = client.post("/api/scheduled-reports", json=schedule_of(report_id)).json()
    run = client.post(f"/api/scheduled-reports/{schedule['id']}/run").json()
    other = installation.sign_in(make_organization())
    for path in (
        f"/api/reports/{report_id}",
        f"/api/scheduled-reports/{schedule['id']}",
        f"/api/scheduled-reports/{schedule['id']}/executions",
        f"/api/report-executions/{run['id']}",
    ):
        assert other.get(path).status_code == 404, path
    assert other.get("/api/reports").json()["total"] == 0
    assert other.post("/api/scheduled-reports", json=schedule_of(report_id)).status_code == 404
    assert other.post(f"/api/report-executions/{run['id']}/cancel").status_code == 404


def test_a_viewer_may_look_but_not_change(
    installation: Installation, make_organization: Callable[..., Tenant], database: Database
) -> None:
    viewer = make_organization(role="viewer")
    dataset = insert_orders(database, viewer, uuid4)
    client = installation.sign_in(viewer)
    preview = client.post("/api/reports/preview", json={"definition": by_country(dataset)}).json()
    assert (preview["sql"], preview["sql_in_full"]) == (None, None)
    refused = client.post("/api/reports", json={"name": "Mine", "definition": by_country(dataset)})
    assert refused.status_code == 403
    assert "viewer" in refused.json()["detail"]


def test_tokens_are_shown_once_and_end_at_once(installation: Installation, client: TestClient) -> None:
    made = client.post("/api/tokens", json={"name": "Script"}).json()
    with_token = TestClient(installation.client.app, headers={"Authorization": f"Bearer {made['token']}"})
    assert with_token.get("/api/me").json()["role"] == "installation_admin"
    assert "token" not in client.get("/api/tokens").json()["items"][0]
    assert client.delete(f"/api/tokens/{made['id']}").status_code == 204
    assert with_token.get("/api/me").status_code == 401


def test_jwt_expires_and_sign_in_does_not_say_why_it_failed(
    installation: Installation, client: TestClient, tenant: Tenant
) -> None:
    assert client.get("/api/me").status_code == 200
    installation.clock.advance(timedelta(hours=13))
    assert client.get("/api/me").status_code == 401
    unknown = installation.client.post("/api/auth/token", json={"username": "no@example.com", "password": "x"})
    wrong = installation.client.post("/api/auth/token", json={"username": tenant.principal.email, "password": "x"})
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()


def test_failures_lock_the_account_for_a_while(installation: Installation, tenant: Tenant) -> None:
    body = {"username": tenant.principal.email, "password": "wrong"}
    for _ in range(5):
        installation.client.post("/api/auth/token", json=body)
    right = {"username": tenant.principal.email, "password": tenant.password}
    assert installation.client.post("/api/auth/token", json=right).status_code == 401
    installation.clock.advance(timedelta(minutes=2))
    assert installation.client.post("/api/auth/token", json=right).status_code == 200


def test_health(installation: Installation) -> None:
    assert installation.client.get("/healthz").json() == {"status": "ok"}
    silent = installation.client.get("/readyz")
    assert (silent.status_code, silent.json()["parts"]["daemon"]) == (503, "no daemon has started yet")
    installation.daemon.heartbeat()
    assert installation.client.get("/readyz").json()["parts"] == {"database": "ok", "storage": "ok", "daemon": "ok"}
    installation.clock.advance(timedelta(minutes=1))
    assert installation.client.get("/readyz").status_code == 503


def test_docs_come_from_here(installation: Installation) -> None:
    page = installation.client.get("/api").text
    assert "cdn" not in page
    assert installation.client.get("/api/docs/swagger-ui-bundle.js").status_code == 200


@pytest.mark.parametrize(
    "instant",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "2026-11-23T09:00:00",
        "2026-11-23",
        "soon",
        253402300799,
        -62135596800,
        None,
    ],
)
def test_times_say_their_offset_and_lie_within_reach(client: TestClient, report_id: str, instant: Any) -> None:
    config = {"cadence": "daily", "time": "09:00", "timezone": "UTC"}
    answers = {
        "as_of": client.post(f"/api/reports/{report_id}/export", json={"format": "csv", "as_of": instant}),
        "after": client.post("/api/scheduled-reports/preview", json={"schedule_config": config, "after": instant}),
        "expires_at": client.post("/api/tokens", json={"name": "t", "expires_at": instant}),
    }
    for place, answer in answers.items():
        if instant is None:
            assert answer.status_code in (200, 201, 202), answer.text
        else:
            assert (answer.status_code, answer.json()["place"]) == (422, place), answer.text
    assert client.get("/api/tokens").json()["total"] == (1 if instant is None else 0)


def post(client: TestClient, url: str, body: object) -> Any:
    """Send JSON in which every odd character is escaped, as a client may."""
    return client.post(url, content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("text", ["a\u0000b", "a\ud800b"])
def test_text_that_cannot_be_stored_is_refused_everywhere(
    installation: Installation, client: TestClient, report_id: str, orders: Dataset, text: str
) -> None:
    config = {"cadence": "daily", "time": "09:00", "timezone": "UTC"}
    definition = by_country(orders)
    asked = [
        post(client, "/api/reports", {"name": text, "definition": definition}),
        post(client, "/api/reports", {"name": "A", "description": text, "definition": definition}),
        post(client, "/api/reports", {"name": "A", "definition": definition | {"timezone": text}}),
        post(client, "/api/reports", {"name": "A", "definition": {**definition, text: 1}}),
        post(client, "/api/scheduled-reports", schedule_of(report_id, name=text)),
        post(client, "/api/scheduled-reports", schedule_of(report_id, description=text)),
        post(client, "/api/scheduled-reports", schedule_of(report_id, email_body=text)),
        post(client, "/api/scheduled-reports", schedule_of(report_id, schedule_config=config | {"timezone": text})),
        post(client, "/api/scheduled-reports", schedule_of(report_id, schedule_config=config | {text: 1})),
        post(client, "/api/scheduled-reports", schedule_of(report_id, formats=[text])),
        post(client, "/api/tokens", {"name": text}),
        post(client, f"/api/reports/{report_id}/export", {"format": text}),
        post(installation.client, "/api/auth/token", {"username": text, "password": "x"}),
    ]
    assert [answer.status_code for answer in asked] == [422] * len(asked)
    assert client.get("/api/reports?search=%00").status_code == 422
    assert client.get("/api/reports").json()["total"] == 1
    assert client.get("/api/scheduled-reports").json()["total"] == 0


def test_numbers_at_the_edges_are_answers_not_failures(client: TestClient, report_id: str) -> None:
    assert client.get(f"/api/reports/{report_id}?version=2147483648").status_code == 422
    assert client.get(f"/api/reports/{report_id}?version=2147483647").status_code == 404
    config = {"cadence": "daily", "time": "09:00", "timezone": "UTC", "starts_on": "0001-01-01"}
    answer = client.post("/api/scheduled-reports/preview", json={"schedule_config": config})
    assert (answer.status_code, answer.json()["place"]) == (422, "schedule_config.starts_on")


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "Factory", "right/Europe/Berlin"])
def test_zones_of_the_machine_are_no_timezones(client: TestClient, orders: Dataset, zone: str) -> None:
    answer = client.post("/api/reports/preview", json={"definition": by_country(orders, timezone=zone)})
    assert (answer.status_code, answer.json()["place"]) == (422, "timezone")
