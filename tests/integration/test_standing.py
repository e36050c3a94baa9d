"""How a run stands, what can be done with it, and lists of runs; through the services and over REST."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update

from core.clock import FixedClock
from core.db.database import Database
from core.db.migrate import DatabaseUrls
from core.db.tables import DaemonRow, RunRow
from core.domain.access import BUILT_IN_ROLES
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunPhase, RunProgress, RunState, dump_progress
from core.domain.run_filter import RunSort
from core.errors import Conflict, DeliveryRefused, NotAllowed, QueryFailed
from core.services.run_care import RunCareService
from core.services.runs import RunService
from core.services.standing import remaining_words
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.integration.api_parts import Installation, start
from tests.run_parts import ALICE, BOB, NOW, deliver_all, insert_report, insert_run, insert_schedule, read

SECOND = timedelta(seconds=1)


@pytest.fixture
def care(stack: Stack) -> RunCareService:
    return RunCareService(stack.database, stack.clock)


@pytest.fixture
def worker(database: Database, clock: FixedClock) -> None:
    """A daemon that was heard of just now."""
    with database.installation() as session:
        seen = clock.now()
        session.execute(insert(DaemonRow).values(id=uuid4(), host="h", process_id=1, started_at=seen, seen_at=seen))


def put(database: Database, tenant: Tenant, run_id: UUID, **columns: Any) -> None:
    with database.organization(tenant.organization_id) as session:
        session.execute(update(RunRow).where(RunRow.id == run_id).values(**columns))


def because(service: RunService, tenant: Tenant, run_id: UUID) -> str | None:
    return service.standing(tenant.principal, run_id).waiting_because


def test_a_run_says_why_it_waits(
    stack: Stack, service: RunService, tenant: Tenant, database: Database, clock: FixedClock
) -> None:
    runs = [insert_run(database, tenant, now=NOW + n * SECOND) for n in range(3)]
    assert because(service, tenant, runs[2]) == "No worker is running. Ask whoever runs this installation to start one."
    with database.installation() as session:
        session.execute(insert(DaemonRow).values(id=uuid4(), host="h", process_id=1, started_at=NOW, seen_at=NOW))
    assert [because(service, tenant, run) for run in runs] == [
        "A worker takes it in a moment.",
        "1 run is before it.",
        "2 runs are before it.",
    ]
    assert service.standing(tenant.principal, runs[2]).runs_before == 2
    put(database, tenant, runs[2], priority=99)
    assert because(service, tenant, runs[2]) == "A worker takes it in a moment.", "what is urgent is taken first"
    assert stack.ledger.claim(runs[2]) is not None
    assert because(service, tenant, runs[0]) == "The workers are busy with other runs."
    assert because(service, tenant, runs[2]) is None
    put(database, tenant, runs[0], state="waiting", next_attempt_at=NOW + timedelta(minutes=5))
    assert because(service, tenant, runs[0]) == "It is tried again on Mon 23 Nov 2026, 09:05 (UTC)."
    put(database, tenant, runs[0], waiting_for="Shop answers as many reports as it may.")
    assert because(service, tenant, runs[0]) == "Shop answers as many reports as it may."
    put(database, tenant, runs[0], state="held", held_because="Revenue moved by 80%.")
    assert because(service, tenant, runs[0]) == "Revenue moved by 80%."
    clock.advance(timedelta(minutes=2))
    with database.installation() as session:
        session.execute(update(DaemonRow).values(seen_at=clock.now()))
    assert because(service, tenant, runs[2]) == "Its worker is silent. Another one takes over within a minute."


def test_runs_of_others_are_not_counted(
    service: RunService, tenant: Tenant, database: Database, make_organization: Callable[..., Tenant], worker: None
) -> None:
    insert_run(database, make_organization(), now=NOW - SECOND)
    run_id = insert_run(database, tenant)
    assert service.standing(tenant.principal, run_id).runs_before == 0


def test_the_time_left_is_taken_from_the_runs_before(
    stack: Stack,
    service: RunService,
    make_run: Callable[..., UUID],
    tenant: Tenant,
    database: Database,
    clock: FixedClock,
    worker: None,
) -> None:
    for seconds in (20.0, 30.0, 400.0):
        put(database, tenant, make_run(), state="completed", query_s=seconds, rows_delivered=1000, finished_at=NOW)
    put(database, tenant, make_run(formats=("xlsx",)), state="completed", query_s=1.0, finished_at=NOW)
    put(database, tenant, make_run(), state="failed", query_s=1.0, finished_at=NOW)
    run_id = make_run()
    waiting = service.standing(tenant.principal, run_id)
    assert (waiting.expected_s, waiting.based_on, waiting.remaining_s, waiting.elapsed_s) == (30.0, 3, None, None)
    assert stack.ledger.claim(run_id) is not None
    clock.advance(timedelta(seconds=10))
    running = service.standing(tenant.principal, run_id)
    assert (running.elapsed_s, running.remaining_s, running.remaining_in_words) == (
        10.0,
        20.0,
        "About 20 seconds left.",
    )

    progress = RunProgress(phase=RunPhase.READING, rows=500, rows_total=2000, at=clock.now())
    put(database, tenant, run_id, progress=dump_progress(progress))
    assert service.standing(tenant.principal, run_id).remaining_s == 50.0, "twice the rows take twice the time"
    clock.advance(timedelta(hours=1))
    late = service.standing(tenant.principal, run_id)
    assert (late.remaining_s, late.remaining_in_words) == (0.0, "It takes longer than usual.")


def test_without_a_history_the_rows_so_far_tell(
    stack: Stack, service: RunService, tenant: Tenant, database: Database, clock: FixedClock, worker: None
) -> None:
    run_id = insert_run(database, tenant)
    assert stack.ledger.claim(run_id) is not None
    clock.advance(timedelta(seconds=30))
    assert service.standing(tenant.principal, run_id).remaining_s is None
    progress = RunProgress(phase=RunPhase.READING, rows=250, rows_total=1000, at=clock.now())
    put(database, tenant, run_id, progress=dump_progress(progress))
    assert service.standing(tenant.principal, run_id).remaining_s == 90.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "It takes longer than usual."),
        (4, "A few seconds left."),
        (44, "About 40 seconds left."),
        (600, "About 10 minutes left."),
        (7200, "About 2 hours left."),
    ],
)
def test_estimates_are_said_as_people_do(seconds: float, words: str) -> None:
    assert remaining_words(seconds) == words


def test_what_may_be_done_goes_by_state_and_permission(
    stack: Stack, service: RunService, tenant: Tenant, database: Database
) -> None:
    run_id = insert_run(database, tenant)
    viewer = replace(tenant.principal, role="viewer", permissions=BUILT_IN_ROLES["viewer"])

    def may(principal: Any = tenant.principal) -> set[str]:
        standing = service.standing(principal, run_id)
        return {n for n in ("cancel", "retry", "resend_failed", "decide", "pin") if getattr(standing, f"may_{n}")}

    assert (may(), may(viewer)) == ({"cancel"}, set())
    put(database, tenant, run_id, state="held")
    assert (may(), may(viewer)) == ({"cancel", "decide"}, set())
    put(database, tenant, run_id, state="failed", finished_at=NOW)
    assert (may(), may(viewer)) == ({"retry", "pin"}, set())
    put(database, tenant, run_id, state="completed")
    assert may() == {"pin"}


@pytest.fixture
def partial(stack: Stack, service: RunService, tenant: Tenant, database: Database) -> UUID:
    """A run that reached one of its two recipients."""
    report_id = insert_report(database, tenant)
    schedule_id = insert_schedule(database, tenant, report_id, next_run_at=None, recipients=(ALICE, BOB))
    run_id = service.run_schedule_now(tenant.principal, schedule_id).id
    stack.pipeline.advance(run_id)
    stack.channel.errors = [DeliveryRefused("No such mailbox.")]
    assert deliver_all(stack, tenant, run_id).state is RunState.PARTIAL
    return run_id


def test_only_whom_it_did_not_reach_gets_it_again(
    stack: Stack, service: RunService, care: RunCareService, tenant: Tenant, partial: UUID
) -> None:
    served = {one["to"] for one in stack.channel.accepted()}
    assert service.standing(tenant.principal, partial).may_resend_failed
    editor = replace(tenant.principal, role="editor", permissions=BUILT_IN_ROLES["editor"])
    with pytest.raises(NotAllowed):
        care.resend_failed(editor, partial)
    waiting = care.resend_failed(tenant.principal, partial)
    assert sorted(one.state for one in waiting.deliveries) == [DeliveryState.PENDING, DeliveryState.SENT]
    assert deliver_all(stack, tenant, partial).state is RunState.COMPLETED
    assert len(stack.channel.accepted()) == 2
    assert {one["to"] for one in stack.channel.accepted()} - served
    with pytest.raises(Conflict, match="No delivery"):
        care.resend_failed(tenant.principal, partial)


def test_a_list_names_files_and_counts_deliveries_and_takes_what_is_asked(
    stack: Stack, service: RunService, tenant: Tenant, database: Database, partial: UUID, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=1))
    stack.executor.error = QueryFailed()
    failed = insert_run(database, tenant, now=clock.now(), kind=RunKind.TEST)
    stack.pipeline.advance(failed)

    def listed(**asked: Any) -> list[UUID]:
        return [run.id for run in service.list_runs(tenant.principal, **asked).items]

    line = service.list_runs(tenant.principal, state=RunState.PARTIAL).items[0]
    assert [file.format for file in line.files] == ["csv", "csv.manifest"]
    assert [file.file_name for file in line.files] == [one.file_name for one in read(stack, tenant, partial).artifacts]
    assert dict(line.delivery_counts) == {"failed": 1, "sent": 1}
    assert listed() == [failed, partial]
    assert listed(sort=RunSort.OLDEST) == [partial, failed]
    assert listed(sort=RunSort.MOST_ROWS) == listed(sort=RunSort.FEWEST_ROWS) == [partial, failed], "unknown comes last"
    assert listed(sort=RunSort.LONGEST)[0] == partial
    assert listed(kind=RunKind.TEST) == [failed]
    assert listed(schedule_id=read(stack, tenant, partial).schedule_id) == [partial]
    assert listed(since=clock.now()) == [failed]
    assert listed(until=clock.now()) == [partial]


@pytest.fixture
def installation(tmp_path: Path, database_urls: DatabaseUrls, clock: FixedClock) -> Iterator[Installation]:
    folder = tmp_path / "web"  # the stack has the other one
    folder.mkdir()
    yield from start(folder, database_urls, clock)


def test_all_of_it_over_rest(installation: Installation, stack: Stack, tenant: Tenant, partial: UUID) -> None:
    client = installation.sign_in(tenant)
    path = f"/api/report-executions/{partial}"
    standing = client.get(f"{path}/standing").json()
    assert (standing["status"], standing["can"]["resend_failed"], standing["can"]["cancel"]) == ("partial", True, False)
    line = client.get("/api/report-executions?status=partial&from=2026-11-23T00:00:00Z&sort=-duration").json()["items"][
        0
    ]
    assert [file["format"] for file in line["artifacts"]] == ["csv", "csv.manifest"]
    assert line["delivery_counts"] == {"failed": 1, "sent": 1}
    assert client.get("/api/report-executions?to=2026-11-23T00:00:00Z").json()["total"] == 0
    assert client.get("/api/report-executions?sort=colour").status_code == 422
    assert client.get("/api/report-executions?colour=red").status_code == 422
    assert client.post(f"{path}/pin").json()["pinned_at"] == "2026-11-23T09:00:00+00:00"
    assert client.post(f"{path}/unpin").json()["pinned_at"] is None
    assert client.post(f"{path}/resend-failed").status_code == 202
    deliver_all(stack, tenant, partial)
    again = client.post(f"{path}/resend-failed")
    assert (again.status_code, again.json()["detail"]) == (409, "No delivery of this run has failed.")
