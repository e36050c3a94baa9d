"""Names, manifests, archives and passwords of a run's files, from its options to the mail and the download."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pyzipper
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db import branding_repository
from core.domain.branding import PaperSize
from core.domain.run import Run, RunKind, RunState
from core.errors import ArtifactError
from core.render.csv_renderer import CsvRenderer
from core.render.jsonl_renderer import JsonLinesRenderer
from core.render.renderer import ChartImage
from core.runs import filing
from core.runs.filing import Filing
from core.runs.finishing import LOCKED_NOTE
from core.runs.press import InProcessPress
from core.runs.rendering import Picture
from core.secrets import SecretBox
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import NoBrowser, Stack
from tests.run_parts import deliver_all, read

BOX = SecretBox("key-of-the-tests" * 2)
PASSWORD = "korrekt pferd"
LOCKED = {"sealed_password": BOX.encrypt(PASSWORD)}
PNG = ChartImage(png=b"\x89PNG of Chile", width=1, height=1)


def filing_of(stack: Stack, box: SecretBox | None) -> Filing:
    renderers = {"csv": CsvRenderer(), "jsonl": JsonLinesRenderer()}
    return Filing(
        stack.clock,
        renderers=renderers,
        press=InProcessPress(renderers),
        drawer=NoBrowser(),
        store=stack.store,
        scratch_dir=stack.folder / "scratch",
        secret_box=box,
    )


@pytest.fixture(autouse=True)
def with_secrets(stack: Stack) -> None:
    stack.pipeline._filing = filing_of(stack, BOX)


@pytest.fixture(autouse=True)
def with_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "draw_picture", lambda result, drawer, **_: Picture(image=PNG))


def content_of(stack: Stack, run: Run, format_: str) -> bytes:
    (artifact,) = (one for one in run.artifacts if one.format == format_)
    with stack.store.open(artifact.storage_key) as file:
        content = file.read()
    assert hashlib.sha256(content).hexdigest() == artifact.sha256
    return content


def stored(stack: Stack) -> list[str]:
    return sorted(path.name for path in (stack.folder / "artifacts").rglob("*") if path.is_file())


def test_one_archive_is_all_that_is_kept_and_sent(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run(formats=("csv", "jsonl"), file_options={"zip": True, "file_name": "{report} {date}"})
    stack.pipeline.advance(run_id)
    run = deliver_all(stack, tenant, run_id)
    assert [artifact.format for artifact in run.artifacts] == ["zip"]
    content = content_of(stack, run, "zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            "Weekly revenue 2026-11-23.csv",
            "Weekly revenue 2026-11-23.csv.manifest.json",
            "Weekly revenue 2026-11-23.jsonl",
            "Weekly revenue 2026-11-23.jsonl.manifest.json",
        ]
        assert b"Chile" in archive.read("Weekly revenue 2026-11-23.csv")
    (message,) = stack.channel.messages
    assert [(one.file_name, one.open().read()) for one in message.attachments] == [
        ("Weekly revenue 2026-11-23.zip", content)
    ]
    assert message.inline_images
    assert any("Weekly revenue 2026-11-23.zip: 2 rows." in event.message for event in run.events)


def test_a_mail_of_locked_files_shows_no_data(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run(formats=("csv",), file_options=LOCKED)
    stack.pipeline.advance(run_id)
    run = deliver_all(stack, tenant, run_id)
    assert run.state is RunState.COMPLETED
    (message,) = stack.channel.messages
    (attachment,) = message.attachments
    assert (attachment.file_name, attachment.media_type) == ("Weekly revenue.csv.zip", "application/zip")
    with pyzipper.AESZipFile(io.BytesIO(attachment.open().read())) as archive:
        archive.setpassword(PASSWORD.encode())
        assert b"Chile" in archive.read("Weekly revenue.csv")
    assert "Chile" not in message.text + message.html
    assert message.inline_images == ()
    assert stored(stack) == ["1-csv"], "no picture beside what is locked"
    assert LOCKED_NOTE in message.text
    assert PASSWORD not in message.text + message.html + json.dumps([event.message for event in run.events])


def test_an_open_mail_shows_the_data(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    (message,) = stack.channel.messages
    assert "Chile" in message.text
    assert message.inline_images
    assert [one.file_name for one in message.attachments] == [
        "Weekly revenue.csv",
        "Weekly revenue.csv.manifest.json",
    ]


def test_a_mail_bears_the_organizations_colour(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], owner_session: Session
) -> None:
    branding_repository.save_colour_and_paper(
        owner_session, tenant.organization_id, accent="#1b5e3f", paper=PaperSize.A4
    )
    owner_session.commit()
    run_id = make_run()
    stack.pipeline.advance(run_id)
    deliver_all(stack, tenant, run_id)
    html = stack.channel.messages[0].html
    assert "#1B5E3F" in html
    assert "#A4262C" not in html


@pytest.mark.parametrize("formats", [("csv",), ("csv", "jsonl")])
def test_a_manifest_can_be_downloaded_and_names_its_file(
    stack: Stack, service: RunService, tenant: Tenant, make_run: Callable[..., UUID], formats: tuple[str, ...]
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), formats=formats, file_options={"file_name": "{report}"})
    stack.pipeline.advance(run_id)
    artifact, file = service.open_artifact(tenant.principal, run_id, "csv.manifest")
    with file:
        said = json.loads(file.read())
    assert (artifact.file_name, artifact.media_type) == ("Weekly revenue.csv.manifest.json", "application/json")
    content = content_of(stack, read(stack, tenant, run_id), "csv")
    assert (said["file_name"], said["sha256"]) == ("Weekly revenue.csv", hashlib.sha256(content).hexdigest())


def test_rows_that_go_straight_into_their_file_are_locked_too(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=(), file_options={**LOCKED, "csv": {"gzip": True}})
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert [artifact.file_name for artifact in run.artifacts] == ["Weekly revenue.csv.gz.zip"]
    assert b"Chile" not in content_of(stack, run, "csv")
    assert run.artifacts[0].manifest.lock == "AES-256"
    assert list((stack.folder / "scratch").iterdir()) == []
    assert list((stack.folder / "spool").iterdir()) == []


@pytest.mark.parametrize("box", [None, SecretBox("another key of the tests" * 2)])
def test_files_whose_password_cannot_be_read_are_not_made_at_all(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], box: SecretBox | None
) -> None:
    stack.pipeline._filing = filing_of(stack, box)
    run_id = make_run(file_options=LOCKED)
    stack.pipeline.advance(run_id)
    run = read(stack, tenant, run_id)
    assert (run.state, run.error_code, run.artifacts) == (RunState.FAILED, "setting_invalid", ())
    assert stored(stack) == []


def test_what_cannot_be_stored_leaves_nothing_behind(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    put = stack.store.put

    def full(key: str, source: Path) -> None:
        if key.endswith(".manifest"):
            raise ArtifactError("There is no room left.")
        put(key, source)

    monkeypatch.setattr(stack.store, "put", full)
    run_id = make_run()
    stack.pipeline.advance(run_id)
    assert read(stack, tenant, run_id).state is RunState.WAITING
    assert stored(stack) == []


def test_every_file_of_an_attempt_that_died_is_cleared_away(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], tmp_path: Path
) -> None:
    run_id = make_run(kind=RunKind.EXPORT, recipients=())
    claimed = stack.ledger.claim(run_id)
    assert claimed is not None
    half = tmp_path / "half"
    half.write_bytes(b"never recorded")
    for name in ("csv", "csv.manifest", "zip", "chart"):
        stack.store.put(f"{tenant.organization_id}/{run_id}/{claimed.lease_token}-{name}", half)
    clock.advance(timedelta(seconds=61))
    stack.pipeline.advance(run_id)
    assert stored(stack) == ["2-csv", "2-csv.manifest"]


def test_equal_runs_give_equal_manifests(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    def manifest() -> Any:
        run_id = make_run(kind=RunKind.EXPORT, recipients=())
        stack.pipeline.advance(run_id)
        return content_of(stack, read(stack, tenant, run_id), "csv.manifest")

    assert manifest() == manifest()
