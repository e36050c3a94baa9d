"""Small runs that go together: a few commits for all of them, and each one's own end where it has another."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, text

from core.clock import FixedClock
from core.db import together_writing
from core.domain.delivery import DeliveryState
from core.domain.run import Run, RunState, RunStep
from core.errors import DeliveryDeferred, DeliveryRefused
from core.runs import together as module
from core.runs.dispatch import Dispatch
from core.runs.together import Together
from core.runs.unsubscribe_links import UnsubscribeLinks
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import ALICE, BOB, insert_report, insert_run, insert_schedule, read

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
    lingering = together._lingering
    if lingering is not None:
        lingering.join()
    assert seen(run_id).state is RunState.COMPLETED


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
    stack: Stack, together: Together, tenant: Tenant, make_organization: Callable[..., Tenant]
) -> None:
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
