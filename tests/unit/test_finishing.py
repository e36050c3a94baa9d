"""What becomes of rendered files: names, manifests beside them, one archive, locks; opened again by other programs."""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from uuid import UUID

import msoffcrypto
import openpyxl
import pypdf
import pytest
import pyzipper
from reportlab.pdfgen.canvas import Canvas

from core.artifacts.manifest import SCHEMA
from core.domain.artifact import Manifest, Rendering
from core.domain.file_options import FileOptions, XlsxOptions
from core.domain.manifest_json import dump_manifest, load_manifest
from core.domain.result import ResultHead
from core.errors import RunCancelled
from core.runs.finishing import LOCKED_NOTE, FinishedFile, Finishing, possible_formats
from core.runs.rendering import RenderedFile
from tests.render_results import ORDINARY_COLUMNS, head_of

DOCS = Path(__file__).parents[2] / "docs" / "manifest.md"
PASSWORD = "pässwörd 東京"
ROWS = b"Country\r\nDurchschnittsland\r\n" * 200
HEAD = head_of(ORDINARY_COLUMNS, 12_345, row_limit=5, title="Orders")
SAID = Rendering(rows=5, altered={"Note": {"cut to 32,767 characters": 2}}, notes=("Only the first 5.",))


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "Durchschnittsland"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def document() -> bytes:
    content = io.BytesIO()
    canvas = Canvas(content, pageCompression=0)
    canvas.drawString(72, 700, "Durchschnittsland")
    canvas.save()
    return content.getvalue()


def rendered(folder: Path, format_: str, content: bytes, *, head: ResultHead = HEAD) -> RenderedFile:
    path = folder / f"made.{format_}"
    path.write_bytes(content)
    return RenderedFile(
        format=format_,
        file_name=head.title,
        media_type=f"application/{format_}",
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        rendering=SAID,
    )


def finish(
    folder: Path,
    contents: dict[str, bytes],
    options: FileOptions = FileOptions(),
    *,
    password: str | None = None,
) -> dict[str, FinishedFile]:
    folder.mkdir(exist_ok=True)
    finishing = Finishing(HEAD, options, folder=folder, password=password, check=lambda: None)
    finished = [
        one for name, content in contents.items() for one in finishing.add(rendered(folder, name, content), name)
    ]
    finished += finishing.end()
    for one in finished:
        content = one.file.path.read_bytes()
        assert one.file.sha256 == one.manifest.sha256 == hashlib.sha256(content).hexdigest()
        assert one.file.size_bytes == one.manifest.size_bytes == len(content)
        assert (one.manifest.format, one.manifest.file_name) == (one.file.format, one.file.file_name)
    return {one.file.format: one for one in finished}


def test_bare_rows_have_their_manifest_beside_them_and_others_carry_it(tmp_path: Path) -> None:
    files = finish(tmp_path, {"csv": ROWS, "jsonl": b"{}\n", "xlsx": workbook(), "parquet": b"PAR1"})
    assert list(files) == ["csv", "csv.manifest", "jsonl", "jsonl.manifest", "xlsx", "parquet"]
    beside = files["csv.manifest"].file
    assert beside.file_name == "Orders 2026-11-16 to 2026-11-22.csv.manifest.json"
    assert beside.media_type == "application/json"
    said = json.loads(beside.path.read_bytes())
    assert said.pop("schema") == SCHEMA
    manifest = load_manifest(said)
    assert manifest == files["csv"].manifest
    assert (manifest.rows_matched, manifest.rows_delivered, manifest.altered) == (12_345, 5, SAID.altered)
    assert [(hit.name, hit.limit, hit.left_out) for hit in manifest.limits_hit] == [("rows", 5, 12_340)]
    assert files["csv.manifest"].is_manifest
    assert not files["csv.manifest"].manifest.altered
    assert set(files) <= set(possible_formats(["csv", "jsonl", "xlsx", "parquet"]))


def test_a_workbook_of_somebody_elses_design_has_its_manifest_beside_it(tmp_path: Path) -> None:
    options = FileOptions(xlsx=XlsxOptions(template_id=UUID(int=1)))
    assert list(finish(tmp_path, {"xlsx": workbook()}, options)) == ["xlsx", "xlsx.manifest"]


def test_names_follow_the_template_and_differ(tmp_path: Path) -> None:
    files = finish(tmp_path, {"xlsx": workbook(), "pdf": document()}, FileOptions(file_name="{report}-{period.start}"))
    assert [one.file.file_name for one in files.values()] == ["Orders-2026-11-16.xlsx", "Orders-2026-11-16.pdf"]
    finishing = Finishing(HEAD, FileOptions(), folder=tmp_path, password=None, check=lambda: None)
    names = [
        one.file.file_name
        for format_ in ("parquet", "other")
        for one in finishing.add(rendered(tmp_path, format_, b"x"), "bin")
    ]
    assert len(set(names)) == 2


def test_one_archive_holds_all_files_and_is_the_same_again(tmp_path: Path) -> None:
    contents = {"csv": ROWS, "xlsx": workbook()}
    (archive,) = finish(tmp_path / "a", contents, FileOptions(zip=True)).values()
    (again,) = finish(tmp_path / "b", contents, FileOptions(zip=True)).values()
    assert archive.file.path.read_bytes() == again.file.path.read_bytes()
    assert (archive.file.format, archive.file.file_name) == ("zip", "Orders 2026-11-16 to 2026-11-22.zip")
    with zipfile.ZipFile(archive.file.path) as opened:
        assert opened.testzip() is None
        inside = {name.partition("22.")[2]: opened.read(name) for name in opened.namelist()}
        assert {info.date_time for info in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert list(inside) == ["csv", "csv.manifest.json", "xlsx"]
    assert inside["csv"] == ROWS
    assert inside["xlsx"] == contents["xlsx"]
    packed = {file.file_name.partition("22.")[2]: file for file in archive.manifest.files}
    assert {name: file.sha256 for name, file in packed.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in inside.items()
    }
    assert archive.manifest.altered == {
        "Orders 2026-11-16 to 2026-11-22.csv, Note": {"cut to 32,767 characters": 2},
        "Orders 2026-11-16 to 2026-11-22.xlsx, Note": {"cut to 32,767 characters": 2},
    }
    assert archive.manifest.notes == ("Only the first 5.",)
    assert archive.manifest.lock is None


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FinishedFile]:
    folder = tmp_path_factory.mktemp("locked")
    return finish(folder, {"csv": ROWS, "xlsx": workbook(), "pdf": document()}, password=PASSWORD)


def test_every_locked_file_says_so_and_shows_nothing(locked: dict[str, FinishedFile]) -> None:
    assert list(locked) == ["csv", "xlsx", "pdf"]
    for one in locked.values():
        assert one.manifest.lock == "AES-256"
        assert one.manifest.notes[-1] == LOCKED_NOTE
        assert one.manifest.altered == SAID.altered
        content = one.file.path.read_bytes()
        assert b"Durchschnittsland" not in content
        assert b"xl/worksheets" not in content
    assert load_manifest(json.loads(json.dumps(_as_json(locked["csv"].manifest)))) == locked["csv"].manifest


def test_bare_rows_are_locked_in_an_archive_with_their_manifest(locked: dict[str, FinishedFile]) -> None:
    file = locked["csv"].file
    assert (file.file_name, file.media_type) == ("Orders 2026-11-16 to 2026-11-22.csv.zip", "application/zip")
    with pyzipper.AESZipFile(file.path) as opened:
        opened.setpassword(PASSWORD.encode())
        rows, manifest = opened.namelist()
        assert opened.read(rows) == ROWS
        assert json.loads(opened.read(manifest))["sha256"] == hashlib.sha256(ROWS).hexdigest()
        opened.setpassword(b"another one")
        with pytest.raises(RuntimeError, match="Bad password"):
            opened.read(rows)


def test_a_locked_workbook_opens_with_its_password_only(locked: dict[str, FinishedFile]) -> None:
    assert locked["xlsx"].file.file_name.endswith("22.xlsx")
    with locked["xlsx"].file.path.open("rb") as content:
        book = msoffcrypto.OfficeFile(content)
        with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
            book.load_key(password="another one", verify_password=True)
        book.load_key(password=PASSWORD, verify_password=True)
        opened = io.BytesIO()
        book.decrypt(opened, verify_integrity=True)
    assert openpyxl.load_workbook(opened).active["A1"].value == "Durchschnittsland"
    (plain,) = locked["xlsx"].manifest.files
    assert plain.sha256 == hashlib.sha256(opened.getvalue()).hexdigest()


def test_a_locked_pdf_opens_with_its_password_only(locked: dict[str, FinishedFile]) -> None:
    reader = pypdf.PdfReader(locked["pdf"].file.path)
    assert reader.is_encrypted
    assert reader.trailer["/Encrypt"]["/R"] == 6
    assert not reader.decrypt("another one")
    assert reader.decrypt(PASSWORD)
    assert "Durchschnittsland" in reader.pages[0].extract_text()


def test_a_locked_archive_is_locked_once(tmp_path: Path) -> None:
    files = finish(tmp_path, {"csv": ROWS, "xlsx": workbook()}, FileOptions(zip=True), password=PASSWORD)
    (archive,) = files.values()
    with pyzipper.AESZipFile(archive.file.path) as opened:
        assert all(info.wz_aes_strength == 3 for info in opened.infolist())
        opened.setpassword(PASSWORD.encode())
        book = opened.read(next(name for name in opened.namelist() if name.endswith(".xlsx")))
    assert openpyxl.load_workbook(io.BytesIO(book)).active["A1"].value == "Durchschnittsland"
    assert archive.manifest.lock == "AES-256"


def test_the_manifest_of_a_locked_workbook_is_locked_too(tmp_path: Path) -> None:
    options = FileOptions(xlsx=XlsxOptions(template_id=UUID(int=1)))
    files = finish(tmp_path, {"xlsx": workbook()}, options, password=PASSWORD)
    assert files["xlsx.manifest"].file.file_name.endswith(".xlsx.manifest.json.zip")
    assert b"rows_matched" not in files["xlsx.manifest"].file.path.read_bytes()


@pytest.mark.parametrize(
    ("format_", "options"), [("csv", FileOptions()), ("xlsx", FileOptions()), ("pdf", FileOptions())]
)
def test_locking_stops_when_it_is_told_to(tmp_path: Path, format_: str, options: FileOptions) -> None:
    def cancelled() -> None:
        raise RunCancelled

    finishing = Finishing(HEAD, FileOptions(), folder=tmp_path, password=PASSWORD, check=cancelled)
    with pytest.raises(RunCancelled):
        finishing.add(rendered(tmp_path, format_, ROWS), format_)


def test_every_key_of_a_manifest_is_told_of() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text("utf-8"), re.MULTILINE))
    assert told >= {field.name for field in fields(Manifest)} | {"schema"}


def test_a_manifest_from_before_keys_were_added_can_be_read(tmp_path: Path) -> None:
    (file,) = finish(tmp_path, {"xlsx": workbook()}).values()
    data = _as_json(file.manifest)
    for name in ("file_name", "format", "sentence", "limits_hit", "lock", "files", "is_snapshot", "totals"):
        del data[name]
    earlier = load_manifest(data)
    assert (earlier.sha256, earlier.lock, earlier.files) == (file.manifest.sha256, None, ())


@pytest.mark.parametrize("changes", [{"rows_matched": 5}, {"row_limit": 6}, {"row_limit": None}])
def test_a_limit_nobody_reached_is_not_hit(tmp_path: Path, changes: dict[str, int | None]) -> None:
    """Fewer rows than the limit, though more were counted, are a source that changed meanwhile."""
    finishing = Finishing(replace(HEAD, **changes), FileOptions(), folder=tmp_path, password=None, check=lambda: None)
    file, _ = finishing.add(rendered(tmp_path, "csv", ROWS), "csv")
    assert file.manifest.limits_hit == ()


def _as_json(manifest: Manifest) -> dict[str, object]:
    return json.loads(json.dumps(dump_manifest(manifest)))
