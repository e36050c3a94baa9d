"""Uploads end to end: hostile files in a process with limits, workbooks, and sources that are replaced and appended."""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from core.catalog.sources import open_source
from core.catalog.sources.connector import CompiledQuery
from core.catalog.sources.guarded import OPEN_SOURCES
from core.catalog.uploads import child, process
from core.catalog.uploads.limits import LIMITS, UploadLimits
from core.catalog.uploads.store import RETIRED_FOR, STAGED_FOR, UploadTooLarge
from core.clock import FixedClock
from core.db import dataset_repository, source_repository
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.domain.dataset import Source
from core.domain.field import FieldType, NumberStyle
from core.domain.relation import TableOrigin
from core.domain.upload import ColumnChoice, ReadColumn, UploadOptions
from core.domain.upload_json import load_columns
from core.errors import Conflict, InvalidInput, InvalidUpload, NotAllowed, NotFound
from core.secrets import SecretBox
from core.services.connections import Connections
from core.services.sources import SourceService
from core.services.uploads import UploadService
from core.settings import Settings, load_settings
from tests.conftest import Tenant
from tests.integration.api_parts import start
from tests.integration.catalog_parts import as_role

ORDERS = b"id,region,amount,ordered on\n1,North,10.50,2026-11-01\n2,South,20.00,2026-11-02\n"
ReadFile = Callable[..., dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path) -> ReadFile:
    """Read a file in a process of its own, as every upload is."""

    def _read(data: bytes, name: str, *, limits: UploadLimits = LIMITS, **options: Any) -> dict[str, Any]:
        (tmp_path / process.DATA).write_bytes(data)
        return process.read_file(tmp_path, name, UploadOptions(**options), limits)

    return _read


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process, which starts no other one: for what does not depend on the walls around it."""

    def run(request: bytes, *_: object) -> int:
        child.respond(request)
        return 0

    monkeypatch.setattr(process, "_run", run)


def workbook(*rows: list[Any], change: Callable[[Any, Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(book, sheet)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The archive with a part replaced or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for part in given.infolist():
            if part.filename != name:
                written.writestr(part, given.read(part))
        written.writestr(name, content)
    return made.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def columns(outcome: dict[str, Any]) -> dict[str, ReadColumn]:
    return {column.name: column for column in load_columns(outcome["columns"])}


def test_a_bomb_of_packed_spaces_is_refused(read: ReadFile) -> None:
    bomb = with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", b" " * (64 * 2**20))
    assert len(bomb) < 2**20
    with pytest.raises(InvalidUpload, match="zip bomb"):
        read(bomb, "a.xlsx")


def test_a_bomb_that_lies_about_its_size_is_refused(read: ReadFile) -> None:
    bomb = bytearray(with_part(workbook(["a"], [1]), "xl/zeros.xml", b" " * (16 * 2**20)))
    at = bomb.rindex(b"PK\x01\x02")  # the part added last, in the directory
    struct.pack_into("<I", bomb, at + 24, 100)
    with pytest.raises(InvalidUpload, match=r"damaged|zip bomb"):
        read(bytes(bomb), "a.xlsx")


@pytest.mark.usefixtures("here")
def test_a_bomb_inside_an_archive_is_not_unpacked(read: ReadFile) -> None:
    inner = with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", b" " * (16 * 2**20))
    nested = with_part(workbook(["a"], [7]), "xl/embeddings/book.xlsx", inner)
    assert read(nested, "a.xlsx")["row_count"] == 1
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("bomb.xlsx", inner)
    with pytest.raises(InvalidUpload, match="a ZIP archive; unpack it first"):
        read(archive.getvalue(), "a.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_billion_laughs_are_not_laughed(read: ReadFile, encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]><worksheet>&l9;</worksheet>'
    with pytest.raises(InvalidUpload, match="document type or entities"):
        read(with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", xml.encode(encoding)), "a.xlsx")


def test_a_cell_that_names_a_local_file_is_not_followed(read: ReadFile, tmp_path: Path) -> None:
    xml = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'
    with pytest.raises(InvalidUpload, match="document type or entities"):
        read(with_part(workbook(["a"], [1]), "xl/worksheets/sheet1.xml", xml.encode()), "a.xlsx")


def test_a_parquet_bomb_is_refused(read: ReadFile) -> None:
    made = io.BytesIO()
    cells = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 1000]))
    pq.write_table(pa.table({"a": cells}), made)
    bomb = made.getvalue()
    assert len(bomb) < 2**16
    with pytest.raises(InvalidUpload, match="at most 100,000 cells"):
        read(bomb, "a.parquet", limits=UploadLimits(cells=100_000))
    # It says of itself that it is small; what it unpacks to meets the engine's memory and its place on the disk.
    with pytest.raises(InvalidUpload, match="takes more memory than is allowed"):
        read(bomb, "a.parquet", limits=UploadLimits(engine_bytes=48 * 2**20, unpacked_bytes=16 * 2**20))


def lines_of_numbers(count: int) -> bytes:
    return b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 1_000_003) for n in range(count))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (UploadLimits(memory_bytes=500 * 2**20), "takes more memory than is allowed"),
        (UploadLimits(unpacked_bytes=2**16), "unpacks to more than is allowed"),
        (UploadLimits(deadline_s=0.05), "takes longer than is allowed"),
        (UploadLimits(processor_s=0), "takes longer than is allowed"),
    ],
    ids=["memory", "disk", "deadline", "processor"],
)
def test_memory_disk_and_time_have_an_end(read: ReadFile, limits: UploadLimits, message: str) -> None:
    with pytest.raises(InvalidUpload, match=message):
        read(lines_of_numbers(100_000), "a.csv", limits=limits)
    assert not [child for child in psutil.Process().children() if "uploads.child" in " ".join(child.cmdline())]


def test_the_process_knows_no_secret_of_ours(read: ReadFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the installation")
    seen: dict[str, str] = {}
    run = process.subprocess.Popen

    def started(*args: Any, **given: Any) -> Any:
        seen.update(given["env"])
        return run(*args, **given)

    monkeypatch.setattr(process.subprocess, "Popen", started)
    read(ORDERS, "a.csv")
    assert "SECRET_KEY" not in seen
    assert set(seen) == {"PATH", "PYTHONPATH", "HOME", "TMPDIR", "LC_ALL"}


def test_cells_of_a_workbook_keep_their_kinds(read: ReadFile, tmp_path: Path) -> None:
    def change(book: Any, sheet: Any) -> None:
        for row in (2, 3):
            sheet.cell(row, 2).number_format = "0.0%"
            sheet.cell(row, 3).number_format = '#,##0.00 "€"'

    rows = (
        ["n", "share", "price", "day", "at", "flag", "code", "mixed", "took", "big"],
        [1, 0.125, 12.5, date(2026, 11, 23), datetime(2026, 11, 23, 9, 30, tzinfo=UTC).replace(tzinfo=None), True,
         "00123", 1, timedelta(hours=30), 1234567890123456],
        [2, 0.5, 0.1, date(2026, 11, 24), datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None), False,
         "00124", "x", timedelta(minutes=1), 5],
    )  # fmt: skip
    outcome = read(workbook(*rows, change=change), "a.xlsx")
    found = columns(outcome)
    kinds = [column.type for column in found.values()]
    assert kinds == [
        FieldType.INTEGER, FieldType.DECIMAL, FieldType.DECIMAL, FieldType.DATE, FieldType.DATETIME, FieldType.BOOLEAN,
        FieldType.TEXT, FieldType.TEXT, FieldType.INTEGER, FieldType.INTEGER,
    ]  # fmt: skip
    assert (found["share"].is_percent, found["price"].unit) == (True, "EUR")
    assert found["mixed"].note == "Its cells are of several kinds: 1 numbers, 1 texts."
    table = pq.read_table(tmp_path / process.TYPED)
    assert table.column("share").to_pylist() == [Decimal("0.125"), Decimal("0.500")]
    assert table.column("code").to_pylist() == ["00123", "00124"]
    assert table.column("took").to_pylist() == [108_000, 60]
    assert table.column("mixed").to_pylist() == ["1", "x"]


@pytest.mark.usefixtures("here")
def test_errors_and_formulas_without_a_result_are_counted(read: ReadFile) -> None:
    def change(book: Any, sheet: Any) -> None:
        sheet["B2"].data_type = "e"

    outcome = read(workbook(["a", "b", "c"], [1, "#DIV/0!", "=1+1"], [2, 5, "=2+2"], change=change), "a.xlsx")
    assert outcome["warnings"] == [
        "1 cell with an error read as empty, the first in row 2: #DIV/0! (1).",
        "2 formulas without a saved result read as empty. Open the file in a spreadsheet program and save it there.",
    ]
    assert columns(outcome)["b"].empty == 1


@pytest.mark.usefixtures("here")
def test_saved_results_of_formulas_are_read(read: ReadFile, tmp_path: Path) -> None:
    data = workbook(["a", "b"], [1, "=A2*3"])
    sheet = part(data, "xl/worksheets/sheet1.xml").replace(b"<v></v>", b"<v>3</v>").replace(b"<v />", b"<v>3</v>")
    outcome = read(with_part(data, "xl/worksheets/sheet1.xml", sheet), "a.xlsx")
    assert outcome["warnings"] == []
    assert pq.read_table(tmp_path / process.TYPED).column("b").to_pylist() == [3]


@pytest.mark.usefixtures("here")
def test_days_count_from_1904_where_the_workbook_says_so(read: ReadFile, tmp_path: Path) -> None:
    def change(book: Any, sheet: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    read(workbook(["d"], [date(2026, 11, 23)], change=change), "a.xlsx")
    assert pq.read_table(tmp_path / process.TYPED).column("d").to_pylist() == [date(2026, 11, 23)]


@pytest.mark.usefixtures("here")
def test_a_heading_over_several_columns_names_each(read: ReadFile) -> None:
    def change(book: Any, sheet: Any) -> None:
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("B3:C3")

    data = workbook(["Sales report"], [], [None, "2025", None], ["region", "Q1", "Q2"], ["North", 1, 2], change=change)
    outcome = read(data, "a.xlsx")
    assert outcome["headings"] == ["region", "2025 Q1", "2025 Q2"]
    assert outcome["warnings"] == ["2 rows above the table left out."]
    assert outcome["row_count"] == 1


@pytest.mark.usefixtures("here")
def test_a_sheet_is_chosen_and_hidden_ones_are_not_offered(read: ReadFile) -> None:
    def change(book: Any, sheet: Any) -> None:
        book.create_sheet("Second").append(["x"])
        book["Second"].append([5])
        book.create_sheet("Secret").sheet_state = "hidden"

    data = workbook(["a"], [1], change=change)
    assert read(data, "a.xlsx")["sheets"] == ["Sheet", "Second"]
    assert list(columns(read(data, "a.xlsx", sheet="Second"))) == ["x"]
    with pytest.raises(InvalidUpload, match=r"no sheet called 'Third'\. There are: 'Sheet', 'Second'"):
        read(data, "a.xlsx", sheet="Third")


@pytest.mark.usefixtures("here")
def test_json_lines_keep_what_is_a_text(read: ReadFile, tmp_path: Path) -> None:
    lines = (
        b'{"id": 1, "code": "7", "on": "2026-11-23", "more": {"k": [1]}, "ok": true}\n{"id": 2.5, "ok": null, "x": 1}\n'
    )
    found = columns(read(lines, "a.jsonl"))
    assert {name: column.type for name, column in found.items()} == {
        "id": FieldType.DECIMAL, "code": FieldType.TEXT, "on": FieldType.DATE, "more": FieldType.TEXT,
        "ok": FieldType.BOOLEAN, "x": FieldType.INTEGER,
    }  # fmt: skip
    assert pq.read_table(tmp_path / process.TYPED).column("more").to_pylist() == ['{"k":[1]}', None]
    for data, message in (
        (b'{"a": 1}\n{"a":\n', "Line"),
        (b'{"a": 1}\n[1]\n', "Line 2 is no object"),
        (b'{"a": 1, "a": 2}', "twice"),
    ):
        with pytest.raises(InvalidUpload, match=message):
            read(data, "a.jsonl")


def test_parquet_keeps_its_types_and_says_what_it_leaves_out(read: ReadFile, tmp_path: Path) -> None:
    made = io.BytesIO()
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    pq.write_table(
        pa.table(
            {
                "big": [2**63 - 1, None],
                "d": [Decimal("1.50"), None],
                "f": [0.1, 2.0],
                "t": ["007", ""],
                "at": pa.array([at, None], pa.timestamp("ns", "Europe/Berlin")),
                "l": [[1], [2]],
            }
        ),
        made,
    )
    outcome = read(made.getvalue(), "a.parquet", timezone="Europe/Berlin")
    assert outcome["warnings"] == ["Left out, because no report can show their type: l."]
    table = pq.read_table(tmp_path / process.TYPED)
    assert table.column("big").to_pylist() == [2**63 - 1, None]
    assert table.schema.field("f").type == pa.float64()
    assert table.column("t").to_pylist() == ["007", ""]
    assert table.column("at").to_pylist() == [at.replace(tzinfo=None), None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(_env_file=None, data_dir=tmp_path, secret_key="a secret key of the tests, long enough")


@pytest.fixture
def uploads(database: Database, settings: Settings, clock: FixedClock) -> Iterator[UploadService]:
    yield UploadService(database, settings, clock)
    OPEN_SOURCES.close()


def rows(source: Source, settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with open_source(source, {}, settings).snapshot(deadline_s=30) as snapshot:
        return [tuple(row.values()) for row in snapshot.fetch(CompiledQuery(sql=sql)).to_pylist()]


def test_an_upload_is_read_changed_and_kept(uploads: UploadService, settings: Settings, tenant: Tenant) -> None:
    person = tenant.principal
    reading = uploads.read(person, "C:\\files\\orders.csv", io.BytesIO(ORDERS))
    assert (reading.file_name, reading.format, reading.row_count) == ("orders.csv", "CSV", 2)
    assert reading.sample.column("amount").to_pylist() == [Decimal("10.50"), Decimal("20.00")]
    choice = UploadOptions(columns=(ColumnChoice(heading="region", type=FieldType.INTEGER, name="area"),))
    again = uploads.preview(person, reading.upload_id, choice)
    assert (again.columns[1].name, again.columns[1].unreadable) == ("area", 2)
    assert uploads.preview(person, reading.upload_id).columns[1].name == "area"
    source, dataset = uploads.keep(person, reading.upload_id, " Orders ")
    assert (source.kind, source.name, dataset.label) == ("file", "Orders", "Orders")
    assert dataset.description == "2 values of area could not be read and are empty."
    assert [field.name for field in dataset.fields] == ["id", "area", "amount", "ordered on"]
    assert dataset.time_field == "ordered on"
    assert rows(source, settings, 'SELECT id, area, amount FROM "Orders"') == [
        (1, None, Decimal("10.50")),
        (2, None, Decimal("20.00")),
    ]
    with pytest.raises(NotFound):
        uploads.preview(person, reading.upload_id)


@pytest.mark.usefixtures("here")
def test_percentages_and_money_are_written_as_such(uploads: UploadService, tenant: Tenant) -> None:
    reading = uploads.read(tenant.principal, "a.csv", io.BytesIO(b"rate,price\n12.5%,5.20 EUR\n3%,7.00 EUR\n"))
    _, dataset = uploads.keep(tenant.principal, reading.upload_id, "Rates")
    rate, price = dataset.fields
    assert (rate.format.style, rate.format.decimals, rate.scale) == (NumberStyle.PERCENT, 1, 3)
    assert (price.format.style, price.format.unit) == (NumberStyle.CURRENCY, "EUR")


@pytest.mark.usefixtures("here")
def test_only_its_owner_reaches_an_upload_and_only_until_it_expires(
    uploads: UploadService, tenant: Tenant, make_organization: Callable[..., Tenant], clock: FixedClock
) -> None:
    reading = uploads.read(tenant.principal, "a.csv", io.BytesIO(ORDERS))
    stranger = make_organization().principal
    for call in (uploads.preview, uploads.discard):
        with pytest.raises(NotFound):
            call(stranger, reading.upload_id)
    for role in ("viewer", "editor", "publisher"):
        with pytest.raises(NotAllowed):
            uploads.preview(as_role(tenant.principal, role), reading.upload_id)
        with pytest.raises(NotAllowed):
            uploads.read(as_role(tenant.principal, role), "a.csv", io.BytesIO(ORDERS))
    clock.advance(STAGED_FOR)
    assert uploads.purge() == 1
    with pytest.raises(NotFound):
        uploads.preview(tenant.principal, reading.upload_id)


@pytest.mark.usefixtures("here")
def test_nothing_stays_of_a_file_that_is_too_large(
    database: Database, settings: Settings, clock: FixedClock, tenant: Tenant
) -> None:
    uploads = UploadService(database, settings, clock, UploadLimits(file_bytes=1000))
    with pytest.raises(UploadTooLarge):
        uploads.read(tenant.principal, "a.csv", io.BytesIO(b"a,b\n" * 1000))
    assert [path for path in settings.data_dir.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("here")
def test_a_file_that_cannot_be_read_waits_for_other_options(uploads: UploadService, tenant: Tenant) -> None:
    with pytest.raises(InvalidUpload, match="Line 3") as caught:
        uploads.read(tenant.principal, "a.csv", io.BytesIO(b"a,b\n1,2\n3\n"))
    upload_id = caught.value.upload_id
    assert upload_id is not None
    with pytest.raises(InvalidUpload, match="Line 3"):
        uploads.preview(tenant.principal, upload_id)
    reading = uploads.preview(tenant.principal, upload_id, UploadOptions(delimiter="|"))
    assert reading.row_count == 2


@pytest.mark.usefixtures("here")
def test_a_file_is_read_once_for_the_same_options(
    uploads: UploadService, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = uploads.read(tenant.principal, "a.csv", io.BytesIO(ORDERS))
    with pytest.raises(InvalidUpload):
        uploads.preview(tenant.principal, reading.upload_id, UploadOptions(delimiter=";;"))
    assert uploads.preview(tenant.principal, reading.upload_id).columns == reading.columns
    monkeypatch.setattr(process, "_run", None)
    _, dataset = uploads.keep(tenant.principal, reading.upload_id, "Orders")
    assert len(dataset.fields) == 4


@pytest.mark.usefixtures("here")
def test_files_that_no_source_has_any_more_go_after_a_while(
    uploads: UploadService, database: Database, settings: Settings, tenant: Tenant, clock: FixedClock
) -> None:
    source, other = keep(uploads, tenant), keep(uploads, tenant, name="Others")
    folder, kept = (settings.data_dir / "uploads" / str(each.connection["folder"]) for each in (source, other))
    (kept / "2.parquet").write_bytes(b"of a writer that died")
    (kept / f"{uuid4().hex}.tmp").write_bytes(b"of another one")
    with database.organization(tenant.organization_id) as session:
        for dataset in dataset_repository.list_datasets(session, source_id=source.id):
            dataset_repository.delete_dataset(session, dataset.id)
    box = SecretBox("a key of the tests, long enough to be one")
    connections = Connections(database, box, settings, clock, own_secrets=lambda _: {})
    SourceService(database, connections).delete(tenant.principal, source.id)
    assert uploads.purge() == 0
    assert (folder / "1.parquet").exists()
    clock.advance(RETIRED_FOR)
    assert uploads.purge() == 3
    assert list(folder.iterdir()) == []
    assert [path.name for path in kept.iterdir()] == ["1.parquet"]


def keep(uploads: UploadService, tenant: Tenant, data: bytes = ORDERS, name: str = "Orders") -> Source:
    reading = uploads.read(tenant.principal, "orders.csv", io.BytesIO(data))
    return uploads.keep(tenant.principal, reading.upload_id, name)[0]


def stage(uploads: UploadService, tenant: Tenant, data: bytes) -> Any:
    return uploads.read(tenant.principal, "next.csv", io.BytesIO(data)).upload_id


@pytest.mark.usefixtures("here")
def test_a_name_is_taken_once(uploads: UploadService, tenant: Tenant) -> None:
    keep(uploads, tenant)
    with pytest.raises(Conflict):
        keep(uploads, tenant, name="orders")


@pytest.mark.usefixtures("here")
def test_a_replaced_file_is_read_from_then_on_and_running_queries_go_on(
    uploads: UploadService, settings: Settings, tenant: Tenant, clock: FixedClock
) -> None:
    source = keep(uploads, tenant)
    with open_source(source, {}, settings).snapshot(deadline_s=30) as snapshot:
        new = b"ID,amount,region,ordered on,note\n9,1.00,West,2026-12-01,x\n"
        replaced = uploads.replace(tenant.principal, source.id, stage(uploads, tenant, new))
        still = snapshot.fetch(CompiledQuery(sql='SELECT count(*) AS n FROM "Orders"'))
        assert still.column(0).to_pylist() == [2]
    assert replaced.version == source.version + 1
    assert rows(replaced, settings, 'SELECT id, region, amount FROM "Orders"') == [(9, "West", Decimal("1.00"))]
    folder = settings.data_dir / "uploads" / str(source.connection["folder"])
    assert uploads.purge() == 0
    clock.advance(RETIRED_FOR)
    assert uploads.purge() == 1
    assert [path.name for path in folder.glob("*.parquet")] == ["2.parquet"]


@pytest.mark.usefixtures("here")
def test_appended_rows_come_below_and_new_columns_are_empty_above(
    uploads: UploadService, settings: Settings, tenant: Tenant
) -> None:
    source = keep(uploads, tenant)
    more = b"region,id,amount,ordered on,note\nEast,3,1.125,2026-11-03,new\n"
    appended = uploads.append(tenant.principal, source.id, stage(uploads, tenant, more))
    assert rows(appended, settings, 'SELECT id, amount, note FROM "Orders" ORDER BY id') == [
        (1, Decimal("10.500"), None),
        (2, Decimal("20.000"), None),
        (3, Decimal("1.125"), "new"),
    ]
    (table,) = open_source(appended, {}, settings).introspect()
    assert (table.row_estimate, [field.name for field in table.fields][-1]) == (3, "note")
    with open_source(appended, {}, settings).snapshot(deadline_s=30) as snapshot:
        key = snapshot.row_key(TableOrigin(table_name="Orders"))
    assert rows(appended, settings, f'SELECT id FROM "Orders" ORDER BY "{key}" DESC') == [(3,), (2,), (1,)]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("how", ["replace", "append"])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"id,amount,ordered on\n3,1.00,2026-11-03\n", "lacks 'region'.*would show nothing"),
        (b"id,region,amount,ordered on\n3,x,many,2026-11-03\n", "amount holds numbers; 1 of .* for instance 'many'"),
        (b"id,region,amount,ordered on\n3.5,x,1,2026-11-03\n", "id holds whole numbers; .*'3.5'"),
        (b"id,region,amount,ordered on\n3,x,5%,2026-11-03\n", "amount was written as plain numbers"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_nothing_changes(
    uploads: UploadService, settings: Settings, tenant: Tenant, how: str, data: bytes, message: str
) -> None:
    source = keep(uploads, tenant)
    with pytest.raises(InvalidUpload, match=message):
        getattr(uploads, how)(tenant.principal, source.id, stage(uploads, tenant, data))
    assert rows(source, settings, 'SELECT count(*) AS n FROM "Orders"') == [(2,)]
    assert len(list((settings.data_dir / "uploads" / str(source.connection["folder"])).glob("*.parquet"))) == 1


@pytest.mark.usefixtures("here")
def test_a_column_that_nothing_stands_on_may_be_missing(
    uploads: UploadService, settings: Settings, tenant: Tenant
) -> None:
    source = keep(uploads, tenant)
    more = b"id,amount,region,ordered on,note\n3,1.00,East,2026-11-03,once\n"
    source = uploads.append(tenant.principal, source.id, stage(uploads, tenant, more))
    less = b"id,amount,region,ordered on\n4,1.00,East,2026-11-04\n"
    source = uploads.append(tenant.principal, source.id, stage(uploads, tenant, less))
    assert rows(source, settings, 'SELECT id, note FROM "Orders" OFFSET 2') == [(3, "once"), (4, None)]


@pytest.mark.usefixtures("here")
def test_types_agree_where_the_values_can_be_read_so(
    uploads: UploadService, settings: Settings, tenant: Tenant
) -> None:
    source = keep(uploads, tenant, b"code,amount,d\n007,1.50,03/04/2026\n008,2.50,13/04/2026\n")
    more = b"code,amount,d\n9,3,05/06/2026\n10,,\n"
    appended = uploads.append(tenant.principal, source.id, stage(uploads, tenant, more))
    assert rows(appended, settings, 'SELECT code, amount, d FROM "Orders" OFFSET 2') == [
        ("9", Decimal("3.00"), date(2026, 6, 5)),
        ("10", None, None),
    ]


@pytest.mark.usefixtures("here")
def test_two_who_replace_at_once_do_not_overwrite_each_other(
    uploads: UploadService, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = keep(uploads, tenant)
    first, second = stage(uploads, tenant, ORDERS), stage(uploads, tenant, ORDERS)
    read_as = UploadService._read_as

    def interrupted(self: UploadService, *args: Any) -> None:
        read_as(self, *args)
        monkeypatch.setattr(UploadService, "_read_as", read_as)
        self.append(tenant.principal, source.id, second)

    monkeypatch.setattr(UploadService, "_read_as", interrupted)
    with pytest.raises(Conflict):
        uploads.append(tenant.principal, source.id, first)


@pytest.mark.usefixtures("here")
def test_other_sources_take_no_files(uploads: UploadService, tenant: Tenant, database: Database) -> None:
    with database.organization(tenant.organization_id) as session:
        other = source_repository.put_source(
            session, organization_id=tenant.organization_id, name="DB", kind="duckdb", connection={"path": "x"}
        )
    with pytest.raises(InvalidInput, match="no uploaded file"):
        uploads.replace(tenant.principal, other, stage(uploads, tenant, ORDERS))
    with pytest.raises(NotFound):
        uploads.replace(tenant.principal, uuid4(), stage(uploads, tenant, ORDERS))


def test_the_api_takes_reads_and_keeps_files(
    tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock, tenant: Tenant
) -> None:
    for installation in start(tmp_path, database_urls, clock, rate_limits="off"):
        assert installation.client.post("/api/uploads?name=a.csv", content=ORDERS).status_code == 401
        client = installation.sign_in(tenant)
        made = client.post("/api/uploads?name=orders.csv", content=ORDERS)
        assert made.status_code == 201, made.text
        body = made.json()
        assert [str(value) for value in body["rows"][0]] == ["1", "North", "10.5", "2026-11-01"]
        options = {"columns": [{"heading": "id", "type": "text"}]}
        again = client.post(f"/api/uploads/{body['id']}/read", json={"options": options})
        assert (again.status_code, again.json()["columns"][0]["type"]) == (200, "text")
        kept = client.post(f"/api/uploads/{body['id']}/keep", json={"name": "Orders"})
        assert kept.status_code == 201, kept.text
        assert kept.json()["source"]["kind"] == "file"
        wrong = client.post("/api/uploads?name=orders.xlsx", content=ORDERS)
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_upload")
        query = {"name": "a.csv", "options": json.dumps({"delimiter": ";;"})}
        assert client.post("/api/uploads", params=query, content=ORDERS).json()["place"] == "options.delimiter"
        assert wrong.json()["upload_id"]
        uploads = installation.broadsheet.uploads
        uploads._limits = UploadLimits(file_bytes=1000)
        chunks = client.post("/api/uploads?name=a.csv", content=(b"a,b\n" for _ in range(1000)))
        assert (chunks.status_code, chunks.json()["code"]) == (413, "upload_too_large")
        too_large = client.post(
            "/api/uploads?name=a.csv", content=b"x", headers={"Content-Length": str(LIMITS.file_bytes * 2)}
        )
        assert (too_large.status_code, too_large.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.usefixtures("here")
def test_files_lie_readable_to_nobody_else(uploads: UploadService, settings: Settings, tenant: Tenant) -> None:
    source = keep(uploads, tenant)
    path = settings.data_dir / "uploads" / str(source.connection["folder"]) / "1.parquet"
    assert path.stat().st_mode & 0o777 == 0o440
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.parent.parent == settings.data_dir / "uploads" / str(tenant.organization_id)
