"""What every artifact store promises; file names and manifests beside them."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from core.artifacts import STORES, open_store
from core.artifacts.file_names import artifact_file_name
from core.artifacts.file_store import open_file_store
from core.artifacts.manifest import build_manifest
from core.artifacts.sealed import CHUNK_BYTES, MARK
from core.domain.artifact import GENERATOR, Rendering
from core.domain.manifest_json import dump_manifest, load_manifest
from core.errors import ArtifactError, DiskFull, SettingError
from core.settings import load_settings
from tests.render_results import ORDINARY_COLUMNS, WEEK, head_of
from tests.s3_server import BUCKET, S3Server, s3_server

KEY = "0198f2c0-run/0198f2c1-artifact.pdf"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def settings(tmp_path, s3):
    return load_settings(data_dir=tmp_path / "data", s3_prefix="kept", _env_file=None, **s3.settings())


@pytest.fixture(params=sorted(STORES))
def store(request, settings):
    return STORES[request.param](settings)


@pytest.fixture
def file_store(settings):
    return STORES["file"](settings)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "made.pdf"
    path.write_bytes(b"%PDF" + bytes(3_000_000))
    return path


def read(store, key: str) -> bytes:
    with store.open(key) as content:
        return content.read()


def test_a_file_comes_back_as_it_was_put(store, source):
    store.put(KEY, source)
    assert read(store, KEY) == source.read_bytes()
    assert source.exists()


def test_a_key_put_again_holds_the_new_bytes(store, source):
    store.put(KEY, source)
    source.write_bytes(b"new")
    store.put(KEY, source)
    assert read(store, KEY) == b"new"


def test_a_reader_keeps_what_it_opened(store, source):
    store.put(KEY, source)
    with store.open(KEY) as content:
        first = content.read(4)
        source.write_bytes(b"new")
        store.put(KEY, source)
        assert first + content.read() == b"%PDF" + bytes(3_000_000)


def test_deleted_files_are_gone_and_may_be_deleted_again(store, source):
    store.put(KEY, source)
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(ArtifactError, match="not in the store"):
        store.open(KEY)


def test_neighbours_survive_a_delete(store, source):
    store.put("run/a.pdf", source)
    store.put("run/b.pdf", source)
    store.delete("run/a.pdf")
    assert read(store, "run/b.pdf")


@pytest.mark.parametrize(
    "key",
    [
        "", ".", "..", "../x", "a/../x", "a/..", "/etc/passwd", "a//b", "a/", "a\\b", "..\\x", "C:/x", "a/.hidden",
        "a\x00b",
        "a\nb", "a b", "~/x", "%2e%2e/x", "ä/x", "a/" * 300 + "x", "x" * 200,
    ],
)  # fmt: skip
def test_keys_cannot_leave_the_store(store, source, key):
    for act in (lambda: store.put(key, source), lambda: store.open(key), lambda: store.delete(key)):
        with pytest.raises(ArtifactError, match="not a key"):
            act()


def test_a_store_knows_its_name(store):
    assert STORES[store.name]


def test_file_store_keeps_files_from_other_users(file_store, source, settings):
    previous = os.umask(0)
    try:
        file_store.put(KEY, source)
    finally:
        os.umask(previous)
    folder = settings.data_dir / "artifacts"
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / KEY).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_crash_leaves_the_old_file_and_no_half_one(file_store, source, settings, monkeypatch):
    file_store.put(KEY, source)
    before = source.read_bytes()
    source.write_bytes(b"half of it")

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ArtifactError, match="could not be written"):
        file_store.put(KEY, source)
    monkeypatch.undo()
    assert read(file_store, KEY) == before
    assert [path.name for path in (settings.data_dir / "artifacts" / KEY).parent.iterdir()] == [Path(KEY).name]


def test_a_source_that_is_gone_is_an_artifact_error(store, tmp_path):
    with pytest.raises(ArtifactError):
        store.put(KEY, tmp_path / "nothing.pdf")


def test_the_last_file_of_a_run_takes_its_folder_along(file_store, source, settings):
    file_store.put("run/deep/a.pdf", source)
    file_store.delete("run/deep/a.pdf")
    assert list((settings.data_dir / "artifacts").iterdir()) == []


def test_a_file_on_disk_does_not_show_what_is_in_it(file_store, source, settings):
    source.write_bytes(b"salary of everybody " * 1000)
    file_store.put(KEY, source)
    assert b"salary" not in (settings.data_dir / "artifacts" / KEY).read_bytes()


def test_two_copies_of_one_file_differ_on_disk(file_store, source, settings):
    file_store.put("run/a.pdf", source)
    file_store.put("run/b.pdf", source)
    folder = settings.data_dir / "artifacts" / "run"
    assert (folder / "a.pdf").read_bytes() != (folder / "b.pdf").read_bytes()


def _cut(sealed: bytes) -> bytes:
    return sealed[: -(CHUNK_BYTES // 2)]


def _drop_last_chunk(sealed: bytes) -> bytes:
    return sealed[: len(MARK) + 32 + 2 * (CHUNK_BYTES + 16)]


def _swap_chunks(sealed: bytes) -> bytes:
    head, size = len(MARK) + 32, CHUNK_BYTES + 16
    return (
        sealed[:head] + sealed[head + size : head + 2 * size] + sealed[head : head + size] + sealed[head + 2 * size :]
    )


def _flip_a_bit(sealed: bytes) -> bytes:
    return sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:]


@pytest.mark.parametrize("spoil", [_cut, _drop_last_chunk, _swap_chunks, _flip_a_bit])
def test_a_file_that_was_changed_on_disk_is_not_handed_out(file_store, source, settings, spoil):
    file_store.put(KEY, source)
    path = settings.data_dir / "artifacts" / KEY
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ArtifactError, match="was changed"):
        read(file_store, KEY)


def test_another_secret_key_cannot_read_it(file_store, source, settings):
    file_store.put(KEY, source)
    (settings.data_dir / "secret_key").write_text("another-key-of-enough-characters-to-be-one")
    with pytest.raises(ArtifactError, match="another secret key"):
        read(open_file_store(settings), KEY)  # the one at hand has read its key


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_files_of_every_size_come_back(store, tmp_path, size):
    source = tmp_path / "made"
    source.write_bytes(os.urandom(size))
    store.put(KEY, source)
    assert read(store, KEY) == source.read_bytes()


def test_files_stored_before_they_were_sealed_are_still_read(file_store, settings):
    path = settings.data_dir / "artifacts" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"%PDF-1.7 from before")
    assert read(file_store, KEY) == b"%PDF-1.7 from before"


def test_the_bucket_encrypts_and_checks_and_gets_large_files_in_parts(settings, s3, tmp_path):
    source = tmp_path / "large"
    source.write_bytes(os.urandom(17 << 20))
    STORES["s3"](settings).put("run/large.csv", source)
    found = s3.client.head_object(Bucket=BUCKET, Key="kept/artifacts/run/large.csv", ChecksumMode="ENABLED")
    assert found["ServerSideEncryption"] == "AES256"
    assert found["ETag"].strip('"').endswith("-2")
    assert read(STORES["s3"](settings), "run/large.csv") == source.read_bytes()


def test_an_upload_that_never_ended_is_aborted(settings, s3):
    s3.client.create_multipart_upload(Bucket=BUCKET, Key="kept/artifacts/run/half.csv")
    store = STORES["s3"](settings)
    store.sweep(datetime(2000, 1, 1, tzinfo=UTC))
    assert s3.client.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    store.sweep(datetime(2100, 1, 1, tzinfo=UTC))
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=BUCKET)


def test_a_bucket_that_is_not_there_is_an_artifact_error(settings, source):
    store = STORES["s3"](settings.model_copy(update={"s3_bucket": "no-such-bucket"}))
    with pytest.raises(ArtifactError, match="refused"):
        store.put(KEY, source)


def test_a_server_that_does_not_answer_is_an_artifact_error(settings, source):
    store = STORES["s3"](settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"}))
    with pytest.raises(ArtifactError, match="could not be reached"):
        store.put(KEY, source)


def test_the_s3_store_needs_a_bucket(settings):
    with pytest.raises(SettingError, match="S3_BUCKET"):
        open_store(settings.model_copy(update={"s3_bucket": None}), "s3")


def test_stores_are_opened_by_name(settings):
    assert open_store(settings).name == "file"
    assert open_store(settings, "file").name == "file"
    with pytest.raises(SettingError, match="no store 'tape'"):
        open_store(settings, "tape")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Usage Summary", "Usage Summary 2026-11-16 to 2026-11-22.pdf"),
        ("Umsätze 東京", "Umsätze 東京 2026-11-16 to 2026-11-22.pdf"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j 2026-11-16 to 2026-11-22.pdf"),
        ("../../etc/passwd", "etc-passwd 2026-11-16 to 2026-11-22.pdf"),
        ("CON", "_CON 2026-11-16 to 2026-11-22.pdf"),
        ("lpt1.txt", "_lpt1.txt 2026-11-16 to 2026-11-22.pdf"),
        ("Console", "Console 2026-11-16 to 2026-11-22.pdf"),
        ("  two\n lines\t", "two lines 2026-11-16 to 2026-11-22.pdf"),
        ("\u202efdp.exe", "fdp.exe 2026-11-16 to 2026-11-22.pdf"),
        ("nul\x00byte", "nulbyte 2026-11-16 to 2026-11-22.pdf"),
        ("\ud800", "Report 2026-11-16 to 2026-11-22.pdf"),
        ("...", "Report 2026-11-16 to 2026-11-22.pdf"),
        ("-rf", "rf 2026-11-16 to 2026-11-22.pdf"),
        ("", "Report 2026-11-16 to 2026-11-22.pdf"),
    ],
)
def test_file_names_are_safe_everywhere(title, expected):
    assert artifact_file_name(title, WEEK, "pdf") == expected


def test_long_titles_are_cut_on_a_whole_character():
    name = artifact_file_name("東" * 300, WEEK, "xlsx")
    assert len(name.encode()) <= 150
    assert name.endswith("東 2026-11-16 to 2026-11-22.xlsx")


def test_file_names_without_or_with_a_one_day_period():
    assert artifact_file_name("Daily", None, "csv") == "Daily.csv"
    assert artifact_file_name("Daily", replace(WEEK, last_on=WEEK.first_on), "csv") == "Daily 2026-11-16.csv"


def test_manifests_survive_json():
    head = head_of(ORDINARY_COLUMNS, 12_345, row_limit=5)
    rendering = Rendering(rows=5, altered={"Note": {"cut to 32,767 characters": 2}}, notes=("Only the first 5.",))
    manifest = build_manifest(head, rendering, "cd" * 32, 1234)
    assert manifest.generator == GENERATOR == "Broadsheet 0.1"
    assert (manifest.rows_matched, manifest.rows_delivered, manifest.row_limit) == (12_345, 5, 5)
    assert manifest.period == "2026-11-16/2026-11-22"
    assert manifest.as_of == datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC)
    assert load_manifest(json.loads(json.dumps(dump_manifest(manifest)))) == manifest


@pytest.mark.parametrize("data", [{}, {"report_id": "x"}])
def test_other_json_is_no_manifest(data):
    with pytest.raises(ArtifactError, match="manifest"):
        load_manifest(data)


def test_a_full_disk_of_the_store_is_said_and_leaves_what_was_there(file_store, source, settings):
    file_store.put(KEY, source)
    usual = psutil.Process().rlimit(psutil.RLIMIT_FSIZE)
    # What a write meets then is what a full disk says.
    psutil.Process().rlimit(psutil.RLIMIT_FSIZE, (64 * 1024, usual[1]))
    try:
        with pytest.raises(DiskFull, match="full"):
            file_store.put(KEY, source)
    finally:
        psutil.Process().rlimit(psutil.RLIMIT_FSIZE, usual)
    assert read(file_store, KEY) == source.read_bytes()
    assert [path.name for path in (settings.data_dir / "artifacts").rglob(".writing-*")] == []
