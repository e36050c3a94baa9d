"""Small runs that go together: a few commits for all of them, and each one's own end where it has another."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select, text, update

from core.clock import FixedClock
from core.db import together_writing
from core.db.tables import ReportNoticeRow, SourceRow
from core.domain.delivery import DeliveryState
from core.domain.run import Run, RunState, RunStep
from core.errors import DeliveryDeferred, DeliveryRefused
from core.runs import together as module
from core.runs.dispatch import Dispatch
from core.runs.endings import Endings
from core.runs.guard import Guard
from core.runs.sharing import Sharing
from core.runs.taking import Taking
from core.runs.together import Together
from core.runs.unsubscribe_links import UnsubscribeLinks
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import ALICE, BOB, insert_report, insert_run, insert_schedule, jobs, read

Seen = Callable[..., Run]


@pytest.fixture
def together(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Together:
    """The stand-in channel counts as one that takes files only; nothing lingers."""
    monkeypatch.setattr(module, "FILES_ONLY", frozenset({"email"}))
    monkeypatch.setattr(module, "_LINGER_S", 3600.0)
    stack.ledger.dispatch = Dispatch(near=frozenset({"email"}))
    made = Together(stack.database, stack.clock, ledger=stack.ledger, deliverer=stack.deliverer)
    stack.ledger.dispatch.gathering = made
    return made


@pytest.fixture
def seen(stack: Stack, tenant: Tenant) -> Seen:
    return lambda run_id: read(stack, tenant, run_id)


def sharing_of(stack: Stack) -> Sharing:
    return Sharing(stack.database, stack.clock, ledger=stack.ledger, endings=Endings(stack.database, stack.clock))


def test_several_runs_take_two_commits(
    stack: Stack, together: Together, seen: Seen, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A channel of files alone looks these up for nobody.
    monkeypatch.setattr(stack.places, "mail_server", lambda _: None)
    monkeypatch.setattr(UnsubscribeLinks, "url", lambda *_: None)
    ids = [make_run(recipients=(ALICE, BOB)), make_run(), make_run()]
    for run_id in ids:
        stack.pipeline.advance(run_id)
        assert (seen(run_id).state, seen(run_id).step) == (RunState.RUNNING, RunStep.CREATED)
    assert stack.channel.messages == []
    commits: list[object] = []

    def note(connection: object) -> None:
        commits.append(connection)

    event.listen(stack.database.engine, "commit", note)
    together.drain()
    event.remove(stack.database.engine, "commit", note)
    assert len(commits) == 2, "one before the files go out, one after"
    for run_id in ids:
        run = seen(run_id)
        assert (run.state, run.step, run.rows_matched, run.rows_delivered) == (
            RunState.COMPLETED,
            RunStep.DONE,
            2,
            2,
        )
        sent = ["sent"] * len(run.deliveries)
        names = [line.name for line in run.events]
        assert names == ["running", "queried", "rendered", "delivering", *sent, "completed"]
        assert [file.format for file in run.artifacts] == ["csv", "csv.manifest"]
        assert {(one.state, one.response) for one in run.deliveries} == {(DeliveryState.SENT, "250 accepted")}
    assert len(stack.channel.accepted()) == 4
    with stack.database.organization(seen(ids[0]).organization_id) as session:
        copies = session.execute(text("SELECT count(*) FROM sent_copies")).scalar_one()
        steps = session.execute(text("SELECT state, count(*) FROM delivery_events GROUP BY state ORDER BY state")).all()
    assert copies == 4
    assert [tuple(row) for row in steps] == [("sending", 4), ("sent", 4)]


def test_enough_of_them_wait_for_nobody(
    stack: Stack, together: Together, seen: Seen, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    first, second = make_run(), make_run()
    stack.pipeline.advance(first)
    assert seen(first).state is RunState.RUNNING
    stack.pipeline.advance(second)
    assert {seen(first).state, seen(second).state} == {RunState.COMPLETED}


def test_one_that_nobody_joins_goes_after_a_moment(
    stack: Stack, together: Together, seen: Seen, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LINGER_S", 0.01)
    run_id = make_run()
    stack.pipeline.advance(run_id)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    assert seen(run_id).state is RunState.COMPLETED
    assert len(jobs(stack.database)) == 1, "its source takes readers again: somebody is to ask for the next run"


def test_gathered_runs_do_not_stop_the_line_of_a_source_that_takes_one_reader(
    stack: Stack, together: Together, tenant: Tenant, seen: Seen, make_run: Callable[..., UUID]
) -> None:
    with stack.database.organization(tenant.organization_id) as session:
        session.execute(update(SourceRow).values(connection={"max_connections": 1}))
    ids = [make_run() for _ in range(3)]
    Taking(
        stack.database,
        ledger=stack.ledger,
        sharing=sharing_of(stack),
        pipeline=stack.pipeline,
        deliver=stack.deliverer.deliver,
    ).take(ids[0])
    assert [seen(run_id).state for run_id in ids] == [RunState.COMPLETED] * 3


def test_one_that_was_cancelled_holds_up_no_other(
    stack: Stack,
    together: Together,
    tenant: Tenant,
    service: RunService,
    seen: Seen,
    make_run: Callable[..., UUID],
) -> None:
    cancelled, other = make_run(), make_run()
    stack.pipeline.advance(cancelled)
    stack.pipeline.advance(other)
    service.cancel(tenant.principal, cancelled)
    together.drain()
    assert (seen(cancelled).state, seen(cancelled).artifacts, seen(cancelled).deliveries) == (
        RunState.CANCELLED,
        (),
        (),
    )
    assert seen(other).state is RunState.COMPLETED
    assert len(stack.channel.accepted()) == 1
    files = [path for path in (stack.folder / "artifacts").rglob("*") if path.is_file()]
    assert len(files) == 2, "those of the cancelled one are gone"


def test_one_that_another_worker_took_over_is_left_to_it(
    stack: Stack, together: Together, clock: FixedClock, seen: Seen, make_run: Callable[..., UUID]
) -> None:
    late, other = make_run(), make_run()
    stack.pipeline.advance(late)
    stack.pipeline.advance(other)
    clock.advance(timedelta(seconds=61))
    assert stack.ledger.claim(late) is not None
    together.drain()
    assert (seen(late).state, seen(late).step, seen(late).deliveries) == (RunState.RUNNING, RunStep.CREATED, ())
    assert seen(other).state is RunState.COMPLETED


def test_a_delivery_that_fails_is_put_off_or_ends_its_own_run(
    stack: Stack, together: Together, seen: Seen, make_run: Callable[..., UUID]
) -> None:
    ids = [make_run(), make_run(), make_run(recipients=(ALICE, BOB))]
    for run_id in ids:
        stack.pipeline.advance(run_id)
    stack.channel.errors = [DeliveryDeferred("The disk is full."), DeliveryRefused("Not here.")]
    together.drain()
    assert [seen(run_id).state for run_id in ids] == [RunState.RUNNING, RunState.PARTIAL, RunState.COMPLETED]
    assert [one.state for one in seen(ids[0]).deliveries] == [DeliveryState.RETRY]


def test_of_a_run_with_one_failed_delivery_the_others_are_on_record(
    stack: Stack, together: Together, seen: Seen, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run(recipients=(ALICE, BOB))
    stack.pipeline.advance(run_id)
    stack.channel.errors = [DeliveryRefused("Not here.")]
    together.drain()
    assert seen(run_id).state is RunState.PARTIAL
    assert sorted(one.state for one in seen(run_id).deliveries) == [DeliveryState.FAILED, DeliveryState.SENT]


def test_a_cancel_while_files_go_out_ends_the_run_as_cancelled(
    stack: Stack,
    together: Together,
    tenant: Tenant,
    service: RunService,
    seen: Seen,
    make_run: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id, other = make_run(), make_run()
    stack.pipeline.advance(run_id)
    stack.pipeline.advance(other)
    send = stack.channel.send

    def cancelling(message: object, *rest: object) -> str:
        monkeypatch.setattr(stack.channel, "send", send)
        service.cancel(tenant.principal, run_id)
        return send(message, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(stack.channel, "send", cancelling)
    together.drain()
    run = seen(run_id)
    assert (run.state, [one.state for one in run.deliveries]) == (RunState.CANCELLED, [DeliveryState.SENT])
    assert seen(other).state is RunState.COMPLETED


def test_files_that_are_slow_to_be_written_keep_their_deliveries(
    stack: Stack,
    together: Together,
    seen: Seen,
    make_run: Callable[..., UUID],
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = make_run()
    stack.pipeline.advance(run_id)
    guards: list[Guard] = []
    enter, send = Guard.__enter__, stack.channel.send
    monkeypatch.setattr(Guard, "__enter__", lambda guard: guards.append(guard) or enter(guard))

    def slowly(*message: object) -> str:
        for _ in range(3):
            clock.advance(timedelta(seconds=50))
            guards[-1].beat()
            stack.recovery.sweep()
        return send(*message)  # type: ignore[arg-type]

    monkeypatch.setattr(stack.channel, "send", slowly)
    together.drain()
    run = seen(run_id)
    assert (run.state, [one.state for one in run.deliveries]) == (RunState.COMPLETED, [DeliveryState.SENT])


@pytest.mark.parametrize("broken", ["begin_deliveries", "end_whole"])
def test_what_cannot_go_together_goes_alone(
    stack: Stack,
    together: Together,
    seen: Seen,
    make_run: Callable[..., UUID],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(together_writing, broken, fail)
    ids = [make_run(), make_run()]
    for run_id in ids:
        stack.pipeline.advance(run_id)
    together.drain()
    assert [seen(run_id).state for run_id in ids] == [RunState.COMPLETED] * 2
    assert len(stack.channel.accepted()) == 2


def test_runs_of_several_organizations_go_together(
    stack: Stack,
    together: Together,
    tenant: Tenant,
    make_organization: Callable[..., Tenant],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together, "_alone", lambda _: pytest.fail("it goes with the others"))
    ids = []
    for owner in (tenant, make_organization(), tenant):
        report_id = insert_report(stack.database, owner, name=f"Report {len(ids)}")
        schedule_id = insert_schedule(stack.database, owner, report_id, next_run_at=None)
        with stack.database.organization(owner.organization_id) as session:
            row = session.execute(
                text("SELECT definition FROM report_versions WHERE report_id = :id"), {"id": report_id}
            ).one()
        run_id = insert_run(
            stack.database,
            owner,
            definition=row.definition,
            report_id=report_id,
            report_version=1,
            schedule_id=schedule_id,
        )
        ids.append((owner, run_id))
    for _, run_id in ids:
        stack.pipeline.advance(run_id)
    together.drain()
    assert [read(stack, owner, run_id).state for owner, run_id in ids] == [RunState.COMPLETED] * 3


def test_what_changed_since_the_last_one_is_said(
    stack: Stack,
    together: Together,
    tenant: Tenant,
    clock: FixedClock,
    seen: Seen,
    make_run: Callable[..., UUID],
) -> None:
    report_id = insert_report(stack.database, tenant, name="Another")
    schedule_id = insert_schedule(stack.database, tenant, report_id, next_run_at=None)
    first = make_run(schedule_id=schedule_id)
    stack.pipeline.advance(first)
    together.drain()
    clock.advance(timedelta(days=1))
    stack.executor.rows = ("Chile", "=1+1", "Peru")
    second = make_run(schedule_id=schedule_id, logical_at=clock.now())
    stack.pipeline.advance(second)
    together.drain()
    with stack.database.organization(tenant.organization_id) as session:
        head, fingerprint = session.execute(
            text("SELECT result_head, fingerprint FROM runs WHERE id = :id"), {"id": second}
        ).one()
    assert fingerprint["changes"]["since_run"] == str(first)
    assert "1 row" in head["changes"]


def test_runs_of_one_schedule_are_compared_with_each_other(
    stack: Stack, together: Together, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    report_id = insert_report(stack.database, tenant, name="Another")
    schedule_id = insert_schedule(stack.database, tenant, report_id, next_run_at=None)
    ids = [make_run(schedule_id=schedule_id, logical_at=clock.now() + timedelta(days=day)) for day in (1, 0, 2)]
    for run_id in ids:
        stack.pipeline.advance(run_id)
    together.drain()
    with stack.database.organization(tenant.organization_id) as session:
        rows = session.execute(text("SELECT id, fingerprint -> 'changes' ->> 'since_run' AS since FROM runs")).all()
    middle, first, last = ids
    assert {row.id: row.since for row in rows} == {first: None, middle: str(first), last: str(middle)}


def test_who_waits_for_the_same_files_is_woken_and_a_report_that_works_is_healed(
    stack: Stack,
    together: Together,
    clock: FixedClock,
    tenant: Tenant,
    seen: Seen,
    make_run: Callable[..., UUID],
) -> None:
    first, second = make_run(), make_run()
    stack.pipeline.advance(first)
    clock.advance(timedelta(seconds=1))  # of two begun at the same instant, either may wait
    claimed = stack.ledger.claim(second)
    assert claimed is not None
    assert sharing_of(stack).begin(claimed) is None
    assert seen(second).state is RunState.WAITING
    notice = {"organization_id": tenant.organization_id, "report_id": seen(first).report_id, "field": "country"}
    with stack.database.organization(tenant.organization_id) as session:
        session.execute(insert(ReportNoticeRow).values(found_at=stack.clock.now(), **notice))
    together.drain()
    with stack.database.organization(tenant.organization_id) as session:
        assert session.execute(select(ReportNoticeRow.report_id)).all() == []
    assert [at for _, at in jobs(stack.database)].count(None) == 1
    woken = stack.ledger.claim_next()
    assert woken is not None
    ready = sharing_of(stack).begin(woken)
    assert ready is not None
    assert ready.step is RunStep.RENDERED
