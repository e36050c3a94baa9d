"""The catalog over HTTP: from a database file to a report, conflicts, problem details, and who may see what."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db.migrate import DatabaseUrls
from core.services.workspace_activity import ensure_workspace_activity
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, start
from tests.integration.catalog_parts import as_role, change_shop, make_shop, shop_draft

SHOP = {"name": "Shop", "kind": "duckdb", "connection": {"path": "shop.duckdb"}}
WAREHOUSE = {
    "name": "Warehouse",
    "kind": "postgresql",
    "connection": {"host": "db.example.com", "port": 5432, "database": "shop", "user": "reader"},
    "secrets": {"password": "s3cret of the warehouse"},
}
ANY = "93d15a63-1d0a-462c-b5bf-8321bf5c75c5"


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    make_shop(tmp_path / "shop.duckdb")
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def make_orders(client: TestClient) -> dict[str, Any]:
    """From nothing to the dataset over `orders`."""
    source_id = client.post("/api/sources", json=SHOP).json()["id"]
    draft = client.post("/api/datasets/draft", json={"source_id": source_id, "table_name": "orders"}).json()
    made = client.post("/api/datasets", json=draft)
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


def problem(response: Any, status: int, code: str, place: str | None = None) -> dict[str, Any]:
    assert (response.status_code, response.json()["code"], response.json().get("place")) == (status, code, place)
    assert response.headers["content-type"] == "application/problem+json"
    answer: dict[str, Any] = response.json()
    return answer


def test_a_source_is_tested_saved_looked_into_changed_and_deleted(client: TestClient) -> None:
    kinds = client.get("/api/sources/kinds").json()["items"]
    assert "duckdb" in {kind["key"] for kind in kinds}
    assert client.post("/api/sources/test", json=SHOP).json()["is_ok"] is True
    missing = client.post("/api/sources/test", json={**SHOP, "connection": {"path": "no.duckdb"}}).json()
    assert (missing["is_ok"], "no.duckdb" in missing["message"]) == (False, True)
    made = client.post("/api/sources", json=SHOP)
    assert made.status_code == 201
    path = f"/api/sources/{made.json()['id']}"
    assert client.post(f"{path}/test").json()["is_ok"] is True
    assert client.post(f"{path}/test", json=SHOP).json()["is_ok"] is True
    tables = client.post(f"{path}/introspect").json()["items"]
    orders = next(table for table in tables if table["table_name"] == "orders")
    assert orders["foreign_keys"][0]["table_name"] == "customers"
    sample = client.post(f"{path}/sample", json={"table_name": "orders", "limit": 1}).json()
    assert [len(row) for row in sample["rows"]] == [len(sample["columns"])]
    assert client.get(path).headers["ETag"] == '"1"'
    changed = client.put(path, json={**SHOP, "name": "Store"}, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["version"]) == ("Store", 2)
    problem(client.put(path, json=SHOP, headers={"If-Match": '"1"'}), 412, "precondition_failed")
    assert client.delete(path).status_code == 204
    problem(client.get(path), 404, "not_found", "source_id")


def test_secrets_go_in_and_never_come_out(client: TestClient) -> None:
    made = client.post("/api/sources", json=WAREHOUSE)
    path = f"/api/sources/{made.json()['id']}"
    answers = [
        made,
        client.get(path),
        client.get("/api/sources"),
        client.put(path, json={**WAREHOUSE, "secrets": {}}),
        client.post(f"{path}/test", json={**WAREHOUSE, "connection": {**WAREHOUSE["connection"], "port": 1}}),  # type: ignore[dict-item]
        client.post(f"{path}/test", json={**WAREHOUSE, "secrets": {"password": 5}}),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 422]
    assert not [answer.text for answer in answers if "s3cret" in answer.text]
    elsewhere = {**WAREHOUSE, "connection": {**WAREHOUSE["connection"], "host": "evil.example.com"}, "secrets": {}}  # type: ignore[dict-item]
    problem(client.put(path, json=elsewhere), 422, "invalid_input", "secrets.password")
    problem(client.post(f"{path}/test", json=elsewhere), 422, "invalid_input", "secrets.password")


def test_a_raw_table_becomes_a_dataset_and_a_report_without_sql(client: TestClient) -> None:
    made = make_orders(client)
    path = f"/api/datasets/{made['id']}"
    assert (made["label"], made["version"], made["is_certified"]) == ("Orders", 1, False)
    assert client.get(path).headers["ETag"] == '"1"'
    assert client.get(f"{path}/fields").json()["total"] == len(made["fields"])
    values = client.get(f"{path}/values", params={"field": "status"}).json()["items"]
    assert values[0] == {"value": "paid", "rows": 3}
    definition = {
        "dataset_id": made["id"],
        "groupings": [{"field": "customer_country"}],
        "measures": [{"aggregation": "sum", "field": "amount"}],
        "timezone": "UTC",
    }
    report = client.post("/api/reports", json={"name": "By country", "definition": definition}).json()
    rows = client.post(f"/api/reports/{report['id']}/preview", json={}).json()["rows"]
    assert {row[0]: row[1] for row in rows} == {"ES": 30.5, "SE": None, None: 5.25}
    assert client.get(f"/api/reports/{report['id']}").json()["problems"] == []
    users = client.get(f"{path}/used-by", params={"field": "amount"}).json()
    assert [(use["name"], use["fields"]) for use in users["reports"]] == [
        ("By country", ["amount", "customer_country"])
    ]
    problem(client.delete(path), 409, "conflict")


def test_a_change_that_breaks_reports_is_said_and_can_be_forced(client: TestClient) -> None:
    made = make_orders(client)
    path = f"/api/datasets/{made['id']}"
    definition = {"dataset_id": made["id"], "columns": ["status"], "timezone": "UTC"}
    report = client.post("/api/reports", json={"name": "States", "definition": definition}).json()
    less = {**made, "fields": [field for field in made["fields"] if field["name"] != "status"]}
    said = problem(client.put(path, json=less, headers={"If-Match": '"1"'}), 409, "breaks_reports", "fields")
    assert said["reports"] == ["States"]
    assert client.get(path).json()["version"] == 1
    assert client.put(path, json=less, params={"force": "true"}).json()["version"] == 2
    problems = client.get(f"/api/reports/{report['id']}").json()["problems"]
    assert "columns[0]" in {one["place"] for one in problems}
    problem(client.put(path, json=made, headers={"If-Match": '"1"'}), 412, "precondition_failed")


def test_drift_refresh_and_certify(client: TestClient, tmp_path: Path) -> None:
    made = make_orders(client)
    path = f"/api/datasets/{made['id']}"
    definition = {"dataset_id": made["id"], "columns": ["status"], "timezone": "UTC"}
    report = client.post("/api/reports", json={"name": "States", "definition": definition}).json()
    assert client.post(f"{path}/certify", json={"is_certified": True}).json()["is_certified"] is True
    change_shop(tmp_path / "shop.duckdb", "ALTER TABLE orders RENAME COLUMN status TO state")
    drift = client.get(f"{path}/drift").json()
    assert [(one["column"], one["fields"]) for one in drift["missing"]] == [("status", ["status"])]
    assert drift["added"] == ["state"]
    problems = client.get(f"/api/reports/{report['id']}").json()["problems"]
    assert problems == [{"place": "columns[0]", "message": "Status is no longer in the source of Orders."}]
    refreshed = client.post(f"{path}/refresh").json()
    assert {"status", "state"} < {field["name"] for field in refreshed["fields"]}


def test_drafts_are_checked_and_previewed_before_they_are_saved(client: TestClient) -> None:
    source_id = client.post("/api/sources", json=SHOP).json()["id"]
    draft = client.post("/api/datasets/draft", json={"source_id": source_id, "table_name": "customers"}).json()
    assert client.post("/api/datasets/check", json={"dataset": draft}).json() == {"problems": []}
    shown = client.post("/api/datasets/preview", json={"dataset": draft, "limit": 2}).json()
    assert [column["key"] for column in shown["columns"]] == ["customer_id", "name", "country", "born_on"]
    assert len(shown["rows"]) == 2
    unnamed = client.post("/api/datasets/check", json={"dataset": {**draft, "label": " "}}).json()
    assert [one["place"] for one in unnamed["problems"]] == ["label"]
    assert client.get("/api/datasets/schema").json()["title"] == "Dataset content"
    problem(client.post("/api/datasets/draft", json={"source_id": source_id}), 422, "invalid_input")
    gone = client.post("/api/datasets/draft", json={"source_id": source_id, "table_name": "nothing"})
    problem(gone, 404, "not_found", "table_name")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"label": 5}, "label"),
        ({"source_id": "x"}, "source_id"),
        ({"fields": [{"name": "a"}]}, "fields[0].label"),
        ({"nonsense": 1}, "nonsense"),
        ({"origin": {"table_name": "customers", "sql": "SELECT 1"}}, "origin.columns"),
        ({"label": "Nothing\0"}, "label"),
        ({"description": "Nothing\0"}, "description"),
    ],
)
def test_bad_input_names_its_place_and_saves_nothing(client: TestClient, change: dict[str, Any], place: str) -> None:
    source_id = client.post("/api/sources", json=SHOP).json()["id"]
    draft = client.post("/api/datasets/draft", json={"source_id": source_id, "table_name": "customers"}).json()
    refused = client.post("/api/datasets", json={**draft, **change})
    assert (refused.status_code, refused.json()["place"]) == (422, place)
    assert not [one for one in client.get("/api/datasets").json()["items"] if one["source_id"] == source_id]


@pytest.mark.parametrize("port", [1.5, [1], {"a": 1}, "x", True, 0])
def test_a_connection_field_of_the_wrong_type_is_named_in_plain_words(client: TestClient, port: Any) -> None:
    given = {"host": "db.example.com", "port": port, "database": "shop", "user": "reader"}
    answer = client.post("/api/sources", json={"name": "Warehouse", "kind": "postgresql", "connection": given})
    assert problem(answer, 422, "invalid_input", "connection.port")["detail"].startswith("The port is a ")


SOURCE_PATHS = [
    ("GET", f"/api/sources/{ANY}", None),
    ("PUT", f"/api/sources/{ANY}", SHOP),
    ("DELETE", f"/api/sources/{ANY}", None),
    ("POST", f"/api/sources/{ANY}/test", None),
    ("POST", f"/api/sources/{ANY}/introspect", None),
    ("POST", f"/api/sources/{ANY}/sample", {"table_name": "orders"}),
]
DATASET_PATHS = [
    ("GET", f"/api/datasets/{ANY}", None),
    ("DELETE", f"/api/datasets/{ANY}", None),
    ("GET", f"/api/datasets/{ANY}/fields", None),
    ("GET", f"/api/datasets/{ANY}/values?field=status", None),
    ("GET", f"/api/datasets/{ANY}/used-by", None),
    ("GET", f"/api/datasets/{ANY}/drift", None),
    ("POST", f"/api/datasets/{ANY}/refresh", None),
    ("POST", f"/api/datasets/{ANY}/certify", {"is_certified": True}),
]
COLLECTIONS = [
    ("GET", "/api/sources", None),
    ("POST", "/api/sources", SHOP),
    ("GET", "/api/sources/kinds", None),
    ("POST", "/api/sources/test", SHOP),
    ("GET", "/api/datasets", None),
    ("POST", "/api/datasets", {}),
    ("GET", "/api/datasets/schema", None),
    ("POST", "/api/datasets/draft", {}),
    ("POST", "/api/datasets/check", {}),
    ("POST", "/api/datasets/preview", {}),
    ("PUT", f"/api/datasets/{ANY}", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), [*SOURCE_PATHS, *DATASET_PATHS, *COLLECTIONS])
def test_strangers_learn_nothing_but_401(installation: Installation, method: str, path: str, body: Any) -> None:
    answer = installation.client.request(method, path, content=b"{not json" if body is not None else None)
    problem(answer, 401, "not_signed_in")


def test_another_organizations_ids_answer_404_everywhere(
    installation: Installation, make_organization: Callable[..., Tenant], client: TestClient
) -> None:
    other = installation.sign_in(make_organization())
    made = make_orders(other)
    assert client.get("/api/sources").json()["total"] == len(
        [one for one in client.get("/api/sources").json()["items"] if one["id"] != made["source_id"]]
    )
    for paths, known in ((SOURCE_PATHS, made["source_id"]), (DATASET_PATHS, made["id"])):
        for method, path, body in paths:
            answer = client.request(method, path.replace(ANY, known), json=body)
            assert answer.status_code == 404, path
    assert client.put(f"/api/datasets/{made['id']}", json=made).status_code == 404
    assert client.post("/api/datasets", json=made).status_code == 404
    assert client.post("/api/datasets/preview", json={"dataset": made}).status_code == 404
    assert (
        client.post("/api/datasets/draft", json={"source_id": made["source_id"], "sql": "SELECT 1"}).status_code == 404
    )
    assert other.get(f"/api/datasets/{made['id']}").json()["version"] == 1


def test_a_viewer_reads_and_changes_nothing(
    installation: Installation, make_organization: Callable[..., Tenant]
) -> None:
    viewer = installation.sign_in(make_organization(role="viewer"))
    assert viewer.get("/api/sources").status_code == 200
    assert viewer.get("/api/datasets").status_code == 200
    for method, path, body in (*SOURCE_PATHS[1:], *DATASET_PATHS[5:], ("POST", "/api/sources", SHOP)):
        problem(viewer.request(method, path, json=body), 403, "not_allowed")


def test_where_a_source_leads_and_saved_sql_are_not_for_every_reader(
    installation: Installation, make_organization: Callable[..., Tenant]
) -> None:
    viewer = make_organization(role="viewer")
    administrator = as_role(viewer.principal, "data_admin")
    services = installation.broadsheet
    source = services.sources.create(as_role(viewer.principal, "installation_admin"), shop_draft())
    draft = services.datasets.draft_sql(
        administrator, source.id, "SELECT status, 'inner workings' AS secret FROM orders"
    )
    made = services.datasets.create(administrator, draft)
    client = installation.sign_in(viewer)
    assert client.get(f"/api/sources/{source.id}").json()["connection"] == {}
    shown = client.get(f"/api/datasets/{made.id}")
    assert "inner workings" not in shown.text
    assert [column["name"] for column in shown.json()["origin"]["columns"]] == ["status", "secret"]
    assert "inner workings" not in client.get("/api/datasets").text


def test_the_workspaces_own_activity_answers(installation: Installation, tenant: Tenant, clock: FixedClock) -> None:
    ensure_workspace_activity(installation.broadsheet.database)
    client = installation.sign_in(tenant)
    datasets = {one["name"]: one for one in client.get("/api/datasets").json()["items"]}
    signed_in = datasets["activity_sign_ins"]["id"]
    values = client.get(f"/api/datasets/{signed_in}/values", params={"field": "email"}).json()["items"]
    assert values == [{"value": tenant.principal.email, "rows": 1}]
    source = f"/api/sources/{datasets['activity_runs']['source_id']}"
    problem(client.delete(source), 409, "conflict")
    assert [table["table_name"] for table in client.post(f"{source}/introspect").json()["items"]] == sorted(datasets)
