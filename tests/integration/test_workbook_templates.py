"""Templates end to end: hostile workbooks in a process with limits, what is told of the others, REST, and who may."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from starlette.testclient import TestClient

from core.clock import FixedClock
from core.db import template_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.dataset import Dataset
from core.errors import InvalidUpload, NotFound
from core.render.xlsx.template_inspection import TEMPLATE_LIMITS, inspect_template
from tests.conftest import Tenant
from tests.integration.api_parts import Installation, insert_orders, start
from tests.template_workbooks import add_table, filled, saved, template

DRAWING = (
    b'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing">'
    b'<xdr:twoCellAnchor><xdr:sp macro=""/></xdr:twoCellAnchor></xdr:wsDr>'
)


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """The workbook with parts added or replaced; `/` is `__` in their names, a dot is `_dot_`."""
    named = {name.replace("__", "/").replace("_dot_", "."): data for name, data in parts.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for part in given.infolist():
            if part.filename not in named:
                written.writestr(part, given.read(part))
        for name, data in named.items():
            written.writestr(name, data)
    return made.getvalue()


def part(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def refused(content: bytes, name: str = "monthly.xlsx", **limits: Any) -> str:
    with pytest.raises(InvalidUpload) as raised:
        inspect_template(content, name, replace(TEMPLATE_LIMITS, **limits))
    return raised.value.user_message


def test_names_table_and_what_is_unknown_are_told() -> None:
    content = template(title="Data!$B$2", kpi_revenue_change="Data!$H$2", nonsense="Data!$H$3", gone="#REF!$A$1")
    found = inspect_template(content, "monthly.xlsx")
    assert [(one.name, one.place, one.meaning) for one in found.names] == [
        ("broadsheet.kpi_revenue_change", "Data!H2", "Change of the headline number: revenue"),
        ("broadsheet.title", "Data!B2", "Title of the report"),
    ]
    assert found.unknown == (
        "broadsheet.gone points to no cells of this workbook",
        "broadsheet.nonsense (Data!H3) is no name that is filled",
    )
    assert found.table is not None
    assert (found.table.name, found.table.place) == ("Orders", "Data!B4:E5")
    assert [(one.heading, one.is_formula) for one in found.table.columns] == [
        ("Customer", False),
        ("Quantity", False),
        ("Amount", False),
        ("Twice", True),
    ]
    assert found.warnings == ()


def test_what_is_not_kept_is_told() -> None:
    content = template()
    sheet = part(content, "xl/worksheets/sheet1.xml").replace(
        b"</worksheet>",
        b'<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" uri="{05C60535}">'
        b"<x14:sparklineGroups/></ext></extLst></worksheet>",
    )
    changed = with_parts(
        content,
        xl__worksheets__sheet1_dot_xml=sheet,
        xl__drawings__drawing9_dot_xml=DRAWING,
        xl__slicers__slicer1_dot_xml=b"<slicers/>",
        xl__connections_dot_xml=b"<connections/>",
    )
    assert set(inspect_template(changed, "a.xlsx").warnings) == {
        "Not kept: sparklines.",
        "Not kept: text boxes and shapes.",
        "Not kept: slicers and timelines.",
        "Not kept: connections to data and their queries.",
    }


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"xl__vbaProject_dot_bin": b"x"}, "holds macros"),
        ({"xl__externalLinks__externalLink1_dot_xml": b"<externalLink/>"}, "links to other workbooks"),
        ({"xl__zeros_dot_xml": b" " * (32 * 2**20)}, "zip bomb"),
        ({"xl__a_dot_xml": b'<!DOCTYPE x [<!ENTITY l "lol">]><x>&l;</x>'}, "document type or entities"),
        ({"xl__worksheets__sheet1_dot_xml": b"<worksheet><sheetData"}, "not understood"),
    ],
)
def test_hostile_and_broken_workbooks_are_refused(parts: dict[str, bytes], words: str) -> None:
    assert words in refused(with_parts(template(), **parts))


def test_other_files_are_refused() -> None:
    assert refused(b"a,b\n1,2\n", "a.csv") == "'a.csv' is CSV. A template is an Excel workbook (.xlsx)."
    said = refused(b"%PDF-1.7 and more", "a.xlsx")
    assert said.endswith("the content is a PDF document. A template is an Excel workbook (.xlsx).")
    workbook = openpyxl.Workbook()
    assert "Nothing in the workbook says what goes where" in refused(saved(workbook))
    workbook.epoch = CALENDAR_MAC_1904
    assert "counts days from 1904" in refused(saved(workbook))


def test_tables_that_cannot_be_filled_are_refused() -> None:
    def second(_: Any, sheet: Any) -> None:
        sheet["H4"].value, sheet["I4"].value = "A", "B"
        add_table(sheet, "H4:I5", "Others")

    assert "2 tables (Orders, Others)" in refused(template(second))
    chosen = inspect_template(template(second, table="Data!$H$4:$I$5"), "a.xlsx")
    assert chosen.table is not None
    assert chosen.table.name == "Others"
    assert "lies inside the table" in refused(template(title="Data!$B$5"))

    def merged(_: Any, sheet: Any) -> None:
        del sheet.tables["Orders"]
        sheet.merge_cells("B5:C5")

    assert "are merged (B5:C5)" in refused(template(merged, table="Data!$B$4:$E$5"))

    def formulas(_: Any, sheet: Any) -> None:
        for column in "BCD":
            sheet[f"{column}5"].value = "=1"

    assert "has no headings" in refused(template(formulas))


def test_a_workbook_that_takes_too_long_is_refused() -> None:
    content = template()
    assert "longer than is allowed" in refused(content, deadline_s=0.05)


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    yield from start(tmp_path, database_urls, clock)


@pytest.fixture
def orders(installation: Installation, database: Database, tenant: Tenant) -> Dataset:
    return insert_orders(database, tenant, uuid4)


@pytest.fixture
def client(installation: Installation, tenant: Tenant) -> TestClient:
    return installation.sign_in(tenant)


def bring(client: TestClient, content: bytes, name: str = "Monthly") -> Any:
    return client.post("/api/templates", params={"name": name, "file_name": "monthly.xlsx"}, content=content)


def report_of(client: TestClient, orders: Dataset) -> str:
    definition = {
        "dataset_id": str(orders.id),
        "groupings": [{"field": "country"}],
        "measures": [{"field": "amount", "aggregation": "sum"}],
        "kpis": [{"field": "amount", "aggregation": "sum"}],
        "timezone": "UTC",
    }
    made = client.post("/api/reports", json={"name": "Orders", "definition": definition})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_a_template_is_brought_listed_replaced_handed_back_and_deleted(client: TestClient) -> None:
    content, second = template(title="Data!$H$1"), template()
    assert client.post("/api/templates/inspect", params={"file_name": "a.xlsx"}, content=content).status_code == 200
    assert client.get("/api/templates").json()["items"] == []
    made = bring(client, content)
    assert made.status_code == 201, made.text
    assert [made.json()[key] for key in ("name", "version", "schedules", "warnings")] == ["Monthly", 1, 0, []]
    again = bring(client, content, "MONTHLY")
    assert (again.status_code, again.json()["place"]) == (409, "name")
    path = f"/api/templates/{made.json()['id']}"
    newer = client.put(f"{path}/file", params={"file_name": "b.xlsx"}, content=second)
    assert (newer.json()["version"], newer.json()["names"]) == (2, [])
    assert client.put(f"{path}/file", params={"file_name": "b.xlsx"}, content=b"no").status_code == 422
    got = client.get(f"{path}/file")
    assert got.content == second
    assert got.headers["content-disposition"] == "attachment; filename=\"b.xlsx\"; filename*=UTF-8''b.xlsx"
    assert client.get(path).json() == client.get("/api/templates").json()["items"][0]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.get(f"{path}/file").status_code == 404


def test_a_workbook_of_another_ending_is_handed_back_as_what_it_is(client: TestClient) -> None:
    content = template()
    path = f"/api/templates/{bring(client, content).json()['id']}"
    for given, kept in (("letter.pdf", "letter.pdf.xlsx"), ("letter", "letter.xlsx"), ("Letter.XLSX", "Letter.XLSX")):
        changed = client.put(f"{path}/file", params={"file_name": given}, content=content)
        assert changed.json()["file_name"] == kept
        assert f'filename="{kept}"' in client.get(f"{path}/file").headers["content-disposition"]


def test_too_large_a_workbook_is_told_so(client: TestClient) -> None:
    told = bring(client, b"PK\x03\x04" + bytes(TEMPLATE_LIMITS.file_bytes))
    assert (told.status_code, told.json()["code"]) == (413, "upload_too_large")


def test_a_template_that_a_schedule_fills_stays(
    client: TestClient, orders: Dataset, database: Database, tenant: Tenant
) -> None:
    template_id = bring(client, template()).json()["id"]
    schedule = client.post(
        "/api/scheduled-reports",
        json={
            "name": "Every Monday",
            "report_id": report_of(client, orders),
            "schedule_config": {"cadence": "weekly", "day_of_week": 1, "time": "09:00", "timezone": "UTC"},
            "recipients": [{"type": "email", "value": "boss@example.com"}],
            "formats": ["xlsx"],
            "file_options": {"xlsx": {"template_id": template_id}},
        },
    )
    assert schedule.status_code == 201, schedule.text
    assert client.get("/api/templates").json()["items"][0]["schedules"] == 1
    kept = client.delete(f"/api/templates/{template_id}")
    assert (kept.status_code, "Every Monday" in kept.json()["detail"]) == (409, True)
    assert client.delete(f"/api/scheduled-reports/{schedule.json()['id']}").status_code == 204
    assert client.delete(f"/api/templates/{template_id}").status_code == 204
    with database.organization(tenant.organization_id) as session:
        for ask in (template_repository.load_template_bytes, template_repository.load_template):
            with pytest.raises(NotFound):
                ask(session, UUID(template_id))
        with pytest.raises(NotFound):
            template_repository.lock_template(session, UUID(template_id), share=True)


def test_the_example_of_a_report_is_a_template_for_it(client: TestClient, orders: Dataset) -> None:
    got = client.get("/api/templates/example", params={"report_id": report_of(client, orders)})
    assert got.headers["content-disposition"].startswith('attachment; filename="Orders.xlsx"')
    made = bring(client, got.content)
    assert made.status_code == 201, made.text
    assert (made.json()["unknown"], made.json()["warnings"]) == ([], [])
    headings = [column["heading"] for column in made.json()["table"]["columns"]]
    assert len(headings) == 2
    assert {name["name"] for name in made.json()["names"]} >= {"broadsheet.title", "broadsheet.period"}
    assert any(name["name"].startswith("broadsheet.kpi_") for name in made.json()["names"])


def test_templates_of_others_are_not_there_and_viewers_bring_none(
    installation: Installation, client: TestClient, make_organization: Callable[..., Tenant]
) -> None:
    template_id = bring(client, template()).json()["id"]
    other = installation.sign_in(make_organization())
    assert other.get("/api/templates").json()["items"] == []
    for path in (f"/api/templates/{template_id}", f"/api/templates/{template_id}/file"):
        assert other.get(path).status_code == 404
    assert other.delete(f"/api/templates/{template_id}").status_code == 404
    viewer = installation.sign_in(make_organization(role="viewer"))
    assert bring(viewer, template()).status_code == 403
    assert installation.client.get("/api/templates").status_code == 401


def test_the_kept_file_fills(client: TestClient, database: Database, tenant: Tenant) -> None:
    from tests.unit.test_xlsx_template import orders as result

    template_id = bring(client, template()).json()["id"]
    with database.organization(tenant.organization_id) as session:
        content = template_repository.load_template_bytes(session, UUID(template_id))
    assert filled(content, result(3))[0]["Data"]["B7"].value == "Customer 2"


def test_an_export_whose_template_was_deleted_says_which_one_is_gone(
    installation: Installation, client: TestClient, orders: Dataset
) -> None:
    template_id = bring(client, template()).json()["id"]
    name = client.get(f"/api/templates/{template_id}").json()["name"]
    options = {"xlsx": {"template_id": template_id}}
    order = {"format": "xlsx", "options": options}
    started = client.post(f"/api/reports/{report_of(client, orders)}/export", json=order)
    assert started.status_code == 202, started.text
    assert client.delete(f"/api/templates/{template_id}").status_code == 204
    run_id = started.json()["id"]
    installation.daemon.run(UUID(run_id))
    run = client.get(f"/api/report-executions/{run_id}").json()
    assert run["status"] == "failed"
    assert f'The workbook template "{name}" that was to be filled is deleted.' in run["error"]["message"]


def test_nobody_says_that_a_template_is_deleted_but_its_deletion(client: TestClient, orders: Dataset) -> None:
    order = {"format": "xlsx", "options": {"xlsx": {"deleted_template": "x"}}}
    refused = client.post(f"/api/reports/{report_of(client, orders)}/export", json=order)
    assert (refused.status_code, refused.json()["place"]) == (422, "options.xlsx")
