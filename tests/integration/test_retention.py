"""What is removed when its time is over, and what a killed process leaves; rows and their facts stay."""

import contextlib
import os
import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import FixedClock
from core.db import access_repository, artifact_repository, session_repository
from core.db.database import Database
from core.db.tables import ArtifactRow, DeliveryRow, RunEventRow, SessionRow
from core.domain.artifact import Artifact
from core.domain.delivery import DeliveryState
from core.domain.run import RunState
from core.domain.sign_in import Visit as SignInVisit
from core.errors import ArtifactError, Conflict, DeliveryRefused, NotFound
from core.services.link_opening import Visit
from core.services.links import LINK_VALID_AT_MOST, LinkService
from core.services.run_care import RunCareService
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import side_by_side
from tests.run_parts import ALICE, BOB, deliver_all, insert_report, insert_schedule, link_opening, read

REMOVED = "The file was removed after 90 days."


@pytest.fixture
def run_id(stack: Stack, service: RunService, tenant: Tenant) -> UUID:
    """A run with its file made, whose two deliveries wait."""
    report_id = insert_report(stack.database, tenant)
    schedule_id = insert_schedule(stack.database, tenant, report_id, next_run_at=None, recipients=(ALICE, BOB))
    run = service.run_schedule_now(tenant.principal, schedule_id)
    stack.pipeline.advance(run.id)
    return run.id


def stored(stack: Stack) -> list[Path]:
    return [path for path in (stack.folder / "artifacts").rglob("*") if path.is_file()]


def made(path: Path, clock: FixedClock, *, before: timedelta) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.startswith("render-"):
        path.mkdir()
        (path / "chart.png").write_bytes(b"")
    else:
        path.write_bytes(b"")
    at = (clock.now() - before).timestamp()
    os.utime(path, (at, at))
    return path


def test_a_file_is_removed_after_its_days_and_its_row_stays(
    stack: Stack, service: RunService, tenant: Tenant, clock: FixedClock, run_id: UUID
) -> None:
    deliver_all(stack, tenant, run_id)
    before, _ = read(stack, tenant, run_id).artifacts
    links, opening = LinkService(stack.database, clock), link_opening(stack)
    token = links.mint(tenant.principal, before.id, valid_for=LINK_VALID_AT_MOST).path.removeprefix("/d/")
    clock.advance(timedelta(days=89))
    stack.daemon().retain()
    service.open_artifact(tenant.principal, run_id, "csv")[1].close()
    late = links.mint(tenant.principal, before.id, valid_for=timedelta(days=7)).path.removeprefix("/d/")

    clock.advance(timedelta(days=1, minutes=1))
    stack.daemon().retain()
    stack.daemon().retain()
    run = read(stack, tenant, run_id)
    after, manifest = run.artifacts
    assert (after.sha256, after.manifest, after.deleted_at) == (before.sha256, before.manifest, clock.now())
    assert manifest.deleted_at == clock.now()
    assert stored(stack) == []
    removed = sorted(event.message for event in run.events if event.name == "removed")
    assert removed == [f"{after.file_name}.manifest.json: {REMOVED}", f"{after.file_name}: {REMOVED}"]
    visit = Visit(network="unknown")
    for ask in (
        lambda: service.open_artifact(tenant.principal, run_id, "csv"),
        lambda: opening.open(late, visit),
    ):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.user_message == REMOVED
    with pytest.raises(NotFound, match="expired"):
        opening.open(token, visit)


def test_a_run_that_has_not_ended_keeps_its_files(
    stack: Stack, tenant: Tenant, clock: FixedClock, run_id: UUID
) -> None:
    clock.advance(timedelta(days=100))
    stack.daemon().retain()
    assert len(stored(stack)) == 2
    assert deliver_all(stack, tenant, run_id).state is RunState.COMPLETED


def test_what_is_removed_cannot_be_sent_again(
    stack: Stack, service: RunService, tenant: Tenant, clock: FixedClock, run_id: UUID
) -> None:
    stack.channel.errors = [DeliveryRefused("No such mailbox.")]
    failed = deliver_all(stack, tenant, run_id).deliveries[0]
    clock.advance(timedelta(days=90, minutes=1))
    stack.daemon().retain()
    service.resend_delivery(tenant.principal, failed.id)
    stack.deliverer.deliver(failed.id)
    delivery = read(stack, tenant, run_id).deliveries[0]
    assert (delivery.state, delivery.error_message) == (DeliveryState.FAILED, REMOVED)


def test_a_file_that_cannot_be_removed_is_not_said_to_be_gone(
    stack: Stack, tenant: Tenant, clock: FixedClock, run_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_all(stack, tenant, run_id)
    clock.advance(timedelta(days=91))

    def refuse(_key: str) -> None:
        raise ArtifactError

    with monkeypatch.context() as broken:
        broken.setattr(stack.store, "delete", refuse)
        stack.daemon().retain()
    assert read(stack, tenant, run_id).artifacts[0].deleted_at is None
    stack.daemon().retain()
    assert read(stack, tenant, run_id).artifacts[0].deleted_at == clock.now()


def test_what_a_killed_process_left_is_swept_once_nobody_can_be_writing_it(stack: Stack, clock: FixedClock) -> None:
    """An attempt may take 30 minutes here, so what is younger than an hour may be in use."""
    hours = timedelta(hours=1)
    for name in ("scratch/render-a", "artifacts/o/r/.writing-a"):
        made(stack.folder / name, clock, before=hours + timedelta(seconds=1))
    for name in ("scratch/render-b", "artifacts/o/r/.writing-b"):
        made(stack.folder / name, clock, before=hours - timedelta(seconds=1))
    kept = made(stack.folder / "artifacts/o/r/1-csv", clock, before=2 * hours)
    stack.daemon().retain()
    assert [path.name for path in (stack.folder / "scratch").iterdir()] == ["render-b"]
    assert sorted(path.name for path in kept.parent.iterdir()) == [".writing-b", "1-csv"]


def test_sessions_are_forgotten_a_while_after_they_ended(stack: Stack, tenant: Tenant, clock: FixedClock) -> None:
    def opened(token: str, *, lasts: timedelta) -> None:
        with stack.database.organization(tenant.organization_id) as session:
            session_repository.insert_session(
                session,
                tenant.principal,
                token_sha256=token,
                expires_at=clock.now() + lasts,
                visit=SignInVisit(address="203.0.113.7", device="Chrome"),
                now=clock.now(),
            )

    def left() -> list[str]:
        stack.daemon().retain()
        with stack.database.organization(tenant.organization_id) as session:
            return sorted(session.execute(select(SessionRow.token_sha256)).scalars())

    for token, lasts in (("ended", 1), ("expired", 2), ("open", 40)):
        opened(token, lasts=timedelta(days=lasts))
    with stack.database.organization(tenant.organization_id) as session:
        access_repository.revoke_session(session, "ended", clock.now())
    clock.advance(timedelta(days=30))
    assert left() == ["ended", "expired", "open"]
    clock.advance(timedelta(days=1))
    assert left() == ["expired", "open"]
    clock.advance(timedelta(days=2))
    assert left() == ["open"]


def test_a_run_goes_later_than_its_files_with_all_that_was_its(
    stack: Stack, tenant: Tenant, clock: FixedClock, run_id: UUID, database: Database
) -> None:
    deliver_all(stack, tenant, run_id)
    clock.advance(timedelta(days=365))
    stack.daemon().retain()
    assert read(stack, tenant, run_id).events
    clock.advance(timedelta(days=2))
    stack.daemon().retain()
    assert read(stack, tenant, run_id).state is RunState.COMPLETED, "the newest of its schedule is compared with"
    with database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE runs SET schedule_id = NULL"))
    stack.daemon().retain()
    with pytest.raises(NotFound):
        read(stack, tenant, run_id)
    with database.organization(tenant.organization_id) as session:
        left = [session.execute(select(table.id)).all() for table in (RunEventRow, ArtifactRow, DeliveryRow)]
    assert left == [[], [], []]


def test_a_run_that_somebody_keeps_stays_with_its_files(
    stack: Stack, service: RunService, tenant: Tenant, clock: FixedClock, run_id: UUID
) -> None:
    care = RunCareService(stack.database, clock)
    with pytest.raises(Conflict, match="has ended"):
        care.pin(tenant.principal, run_id)
    deliver_all(stack, tenant, run_id)
    kept = care.pin(tenant.principal, run_id)
    assert care.pin(tenant.principal, run_id) == kept
    assert kept.pinned_at == clock.now()
    clock.advance(timedelta(days=5000))
    stack.daemon().retain()
    service.open_artifact(tenant.principal, run_id, "csv")[1].close()
    care.unpin(tenant.principal, run_id)
    stack.daemon().retain()
    run = read(stack, tenant, run_id)
    assert (run.pinned_at, stored(stack)) == (None, [])
    assert [event.name for event in run.events if "pinned" in event.name] == ["pinned", "unpinned"]


def test_a_file_that_two_runs_share_goes_with_the_last_of_them(
    stack: Stack, service: RunService, tenant: Tenant, clock: FixedClock, run_id: UUID, database: Database
) -> None:
    deliver_all(stack, tenant, run_id)
    clock.advance(timedelta(days=60))
    second = service.run_schedule_now(tenant.principal, read(stack, tenant, run_id).schedule_id or run_id).id
    stack.pipeline.advance(second)
    deliver_all(stack, tenant, second)
    with database.organization(tenant.organization_id) as session:
        shared = "UPDATE artifacts a SET storage_key = b.storage_key FROM artifacts b WHERE a.format = b.format"
        session.execute(
            text(f"{shared} AND a.run_id = :second AND b.run_id = :first"), {"second": second, "first": run_id}
        )
    clock.advance(timedelta(days=31))
    stack.daemon().retain()
    assert read(stack, tenant, run_id).artifacts[0].deleted_at is not None
    service.open_artifact(tenant.principal, second, "csv")[1].close()
    keys = {artifact.storage_key for artifact in read(stack, tenant, second).artifacts}
    clock.advance(timedelta(days=60))
    stack.daemon().retain()
    assert not [path for path in stored(stack) if any(str(path).endswith(key) for key in keys)]


def test_two_daemons_do_not_both_leave_a_shared_file_to_the_other(
    stack: Stack, tenant: Tenant, clock: FixedClock, run_id: UUID, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_all(stack, tenant, run_id)
    with database.organization(tenant.organization_id) as session:
        session.execute(text("UPDATE artifacts SET storage_key = (SELECT min(storage_key) FROM artifacts)"))
    clock.advance(timedelta(days=91))
    artifacts = read(stack, tenant, run_id).artifacts
    both, really = threading.Barrier(2), artifact_repository.is_in_use

    def look_together(session: Session, artifact: Artifact) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):  # the other one waits for this one's end
            both.wait(timeout=0.5)
        return really(session, artifact)

    monkeypatch.setattr(artifact_repository, "is_in_use", look_together)
    removed = side_by_side(
        lambda number: stack.retention._remove(artifacts[number].id, tenant.organization_id, clock.now()), 2
    )
    assert removed == [True, True]
    with pytest.raises(ArtifactError):
        stack.store.open(artifacts[0].storage_key)
