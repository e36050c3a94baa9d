"""`report export`: what people get who make files of reports from the command line."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.commands.report_export import PASSWORD_VARIABLE, Wanted, export_reports
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.dataset import Dataset
from core.errors import InvalidInput, NotFound, RenderError
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start

ASKED = [
    {"name": "country", "label": "Country", "field": "country", "is_list": True},
    {"name": "least", "label": "Least", "field": "amount"},
]


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def export(installation: Installation, tenant: Tenant, out: Path) -> Any:
    """Run the command as the tenant's person; `output` is a name in the folder `out`."""

    def run(*names: str, output: str = "", **changes: Any) -> list[dict[str, Any]]:
        wanted: dict[str, Any] = {
            "names": names,
            "output": out / output,
            "format": "csv",
            "pairs": (),
            "as_of": None,
            "options": "{}",
            "email": tenant.principal.email,
            "organization": None,
        }
        return export_reports(installation.broadsheet.settings, Wanted(**(wanted | changes)))

    return run


def save(client: TestClient, orders: Dataset, name: str, **changes: Any) -> str:
    definition = {
        "dataset_id": str(orders.id),
        "columns": ["order_id", "country", "amount"],
        "sort": [{"key": "order_id"}],
        "limit": 5,
        "timezone": "UTC",
    }
    made = client.post("/api/reports", json={"name": name, "definition": definition | changes})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def asking(**changes: Any) -> dict[str, Any]:
    items = [
        {"field": "country", "operator": "is", "parameter": "country"},
        {"field": "amount", "operator": "at_least", "parameter": "least"},
    ]
    return {"parameters": ASKED, "filters": {"match": "all", "items": items}, **changes}


def rows_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))[1:]


def test_a_report_becomes_a_file_with_its_manifest_beside_it(
    export: Any, client: TestClient, orders: Dataset, out: Path
) -> None:
    report_id = save(client, orders, "Orders")
    (made,) = export("Orders", output="mine.csv", options='{"csv": {"delimiter": ";"}}')
    assert [row[0] for row in rows_of(out / "mine.csv", ";")] == ["0", "1", "2", "3", "4"]
    assert (made["rows"], made["rows_matched"], made["report_id"]) == (5, 3000, report_id)
    manifest = json.loads((out / "mine.csv.manifest.json").read_text())
    assert manifest["sha256"] == made["sha256"]
    run = client.get(f"/api/report-executions/{made['execution_id']}").json()
    assert (run["kind"], run["status"], run["rows_delivered"]) == ("export", "completed", 5)
    assert {path.name for path in out.iterdir()} == {"mine.csv", "mine.csv.manifest.json"}


def test_several_reports_go_into_a_folder_each_under_its_own_name(
    export: Any, client: TestClient, orders: Dataset, out: Path
) -> None:
    first, second = save(client, orders, "Orders"), save(client, orders, "Orders", limit=2)
    with pytest.raises(InvalidInput, match=first):
        export("Orders")
    made = export(first, second, output="new", options='{"file_name": "{report}"}')
    assert [(Path(one["path"]).name, one["rows"]) for one in made] == [("Orders.csv", 5), ("Orders (2).csv", 2)]
    assert len(rows_of(out / "new" / "Orders (2).csv")) == 2


def test_several_reports_go_into_one_workbook(export: Any, client: TestClient, orders: Dataset, out: Path) -> None:
    save(client, orders, "Orders")
    save(client, orders, "A few", limit=2)
    (made,) = export("Orders", "A few", output="both.xlsx", format="xlsx")
    assert [(one["report"], one["rows"]) for one in made["reports"]] == [("Orders", 5), ("A few", 2)]
    book = CalamineWorkbook.from_path(out / "both.xlsx")
    assert {"Orders", "A few"} <= set(book.sheet_names)
    assert any(row[0] == 4 for row in book.get_sheet_by_name("Orders").to_python())
    assert client.get("/api/report-executions").json()["total"] == 0


def test_values_for_what_a_report_asks_are_read_as_it_takes_them(
    export: Any, client: TestClient, orders: Dataset, out: Path
) -> None:
    save(client, orders, "Asking", **asking(limit=None))
    export("Asking", output="a.csv", pairs=("country=Österreich", "country=日本", "least=49.1"))
    rows = rows_of(out / "a.csv")
    assert rows
    assert {row[1] for row in rows} == {"Österreich"}
    assert {row[2] for row in rows} == {"49.10"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pairs": ("country",)}, "No report|name=value"),
        ({"pairs": ("planet=Mars",)}, "'planet'"),
        ({"pairs": ("least=much",)}, "much"),
        ({"as_of": "yesterday"}, "time"),
        ({"as_of": "2026-11-01T00:00:00"}, "offset"),
        ({"format": "docx"}, "docx"),
        ({"options": "{"}, "JSON"),
        ({"options": '{"sealed_password": "x"}'}, PASSWORD_VARIABLE),
        ({"options": '{"pdf": {"paper": "a3"}}'}, "a3"),
        ({"output": "no/such/folder.csv"}, "no folder"),
        ({"email": "nobody@example.com"}, "nobody@example.com"),
        ({"organization": "Elsewhere"}, "Elsewhere"),
    ],
)
def test_what_cannot_be_is_said_before_a_run_starts(
    export: Any, client: TestClient, orders: Dataset, out: Path, changes: dict[str, Any], words: str
) -> None:
    save(client, orders, "Asking", **asking())
    with pytest.raises(InvalidInput, match=words):
        export("Asking", **({"output": "a.csv"} | changes))
    assert client.get("/api/report-executions").json()["total"] == 0
    assert list(out.iterdir()) == []


def test_a_report_that_is_not_there_and_one_that_fails_leave_no_file(
    export: Any, client: TestClient, orders: Dataset, out: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="Nothing"):
        export("Nothing", output="a.csv")
    save(client, orders, "Orders")
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS order_id")
    other.replace(tmp_path / "orders.duckdb")
    with pytest.raises(RenderError) as raised:
        export("Orders", output="a.csv")
    assert "\n" not in str(raised.value)
    assert list(out.iterdir()) == []
