"""What every artifact store promises; file names and manifests beside them."""

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.artifacts import STORES, open_store
from core.artifacts.file_names import artifact_file_name
from core.artifacts.manifest import GENERATOR, build_manifest, dump_manifest, load_manifest
from core.domain.artifact import Rendering
from core.errors import ArtifactError, SettingError
from core.settings import load_settings
from tests.render_results import ORDINARY_COLUMNS, WEEK, head_of

KEY = "0198f2c0-run/0198f2c1-artifact.pdf"


@pytest.fixture
def settings(tmp_path):
    return load_settings(data_dir=tmp_path / "data", _env_file=None)


@pytest.fixture(params=["file"])
def store(request, settings):
    return STORES[request.param](settings)


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


def test_file_store_keeps_files_from_other_users(store, source, settings):
    previous = os.umask(0)
    try:
        store.put(KEY, source)
    finally:
        os.umask(previous)
    folder = settings.data_dir / "artifacts"
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / KEY).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_crash_leaves_the_old_file_and_no_half_one(store, source, settings, monkeypatch):
    store.put(KEY, source)
    before = source.read_bytes()
    source.write_bytes(b"half of it")

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ArtifactError, match="could not be written"):
        store.put(KEY, source)
    monkeypatch.undo()
    assert read(store, KEY) == before
    assert [path.name for path in (settings.data_dir / "artifacts" / KEY).parent.iterdir()] == [Path(KEY).name]


def test_a_source_that_is_gone_is_an_artifact_error(store, tmp_path):
    with pytest.raises(ArtifactError):
        store.put(KEY, tmp_path / "nothing.pdf")


def test_the_last_file_of_a_run_takes_its_folder_along(store, source, settings):
    store.put("run/deep/a.pdf", source)
    store.delete("run/deep/a.pdf")
    assert list((settings.data_dir / "artifacts").iterdir()) == []


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
