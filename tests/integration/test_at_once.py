"""Small runs that this worker sends itself: one commit for all they are, and everything else as for any run."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest
from sqlalchemy import event, text

from core.clock import FixedClock
from core.domain.delivery import DeliveryState
from core.domain.result import Result
from core.domain.run import RunKind, RunState, RunStep
from core.errors import LeaseLost
from core.runs import at_once
from core.runs.dispatch import Dispatch
from core.services.runs import RunService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.run_parts import ALICE, BOB, deliver_all, jobs, read


@pytest.fixture(autouse=True)
def _near(stack: Stack) -> None:
    """The worker sends e-mail itself, as where there is no mail server."""
    stack.ledger.dispatch = Dispatch(near=frozenset({"email"}))


def stored(stack: Stack) -> list[Path]:
    return [path for path in (stack.folder / "artifacts").rglob("*") if path.is_file()]


def test_all_steps_are_one_commit(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    run_id = make_run(recipients=(ALICE, BOB))
    run = stack.ledger.claim(run_id)
    assert run is not None
    commits: list[int] = []

    def note(_: object) -> None:
        commits.append(threading.get_ident())

    event.listen(stack.database.engine, "commit", note)
    stack.pipeline.carry_out(run)
    assert commits.count(threading.get_ident()) == 2, "one reads what it is about, one records what became of it"
    event.remove(stack.database.engine, "commit", note)

    seen = read(stack, tenant, run_id)
    assert (seen.state, seen.step, seen.rows_matched, seen.rows_delivered) == (
        RunState.RUNNING,
        RunStep.DELIVERING,
        2,
        2,
    )
    assert [line.name for line in seen.events] == ["running", "queried", "rendered", "delivering"]
    assert [file.format for file in seen.artifacts] == ["csv", "csv.manifest"]
    assert [delivery.state for delivery in seen.deliveries] == [DeliveryState.PENDING] * 2
    assert jobs(stack.database) == [], "nobody else is woken for what is at hand"
    assert len(stack.ledger.dispatch.at_hand(run_id)) == 2
    assert list((stack.folder / "spool").iterdir()) == []

    assert deliver_all(stack, tenant, run_id).state is RunState.COMPLETED
    message = stack.channel.messages[0]
    assert "Chile" in message.text
    assert b"Chile" in message.attachments[0].open().read()


def test_a_worker_that_lost_its_lease_leaves_nothing(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID]
) -> None:
    """Its files are its own and go with it; the other worker's run is untouched."""
    run_id = make_run()
    late = stack.ledger.claim(run_id)
    assert late is not None

    def overtaken(_: object) -> None:
        stack.executor.during = lambda _: None
        clock.advance(timedelta(seconds=61))
        other = stack.ledger.claim(run_id)
        assert other is not None
        assert other.lease_token == 2

    stack.executor.during = overtaken
    stack.pipeline.carry_out(late)
    seen = read(stack, tenant, run_id)
    assert (seen.step, seen.artifacts, seen.deliveries) == (RunStep.CREATED, (), ())
    assert stored(stack) == []
    assert stack.ledger.dispatch.at_hand(run_id) == ()


def test_a_worker_that_dies_before_the_commit_is_followed_by_one_that_does_it_again(
    stack: Stack, tenant: Tenant, clock: FixedClock, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = make_run()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stack.ledger, "start_at_once", die)
        with pytest.raises(KeyboardInterrupt):
            stack.pipeline.advance(run_id)
    assert len(stored(stack)) == 2, "its files stay, and no row speaks of them"
    assert read(stack, tenant, run_id).artifacts == ()
    clock.advance(timedelta(seconds=61))
    stack.pipeline.advance(run_id)
    assert deliver_all(stack, tenant, run_id).state is RunState.COMPLETED
    assert (stack.executor.asked, len(stack.channel.accepted())) == (2, 1)
    assert {path.name.partition("-")[0] for path in stored(stack)} == {"2"}, "what the first one left is gone"


def test_a_cancel_during_the_query_sends_and_keeps_nothing(
    stack: Stack, tenant: Tenant, service: RunService, make_run: Callable[..., UUID]
) -> None:
    """The worker's guard has not heard of it yet: the commit itself does."""
    run_id = make_run()
    stack.executor.during = lambda _: service.cancel(tenant.principal, run_id) and None
    stack.pipeline.advance(run_id)
    seen = read(stack, tenant, run_id)
    assert (seen.state, seen.artifacts, seen.deliveries) == (RunState.CANCELLED, (), ())
    assert stored(stack) == []
    assert stack.channel.accepted() == []


def test_a_revoked_right_stops_the_run(stack: Stack, tenant: Tenant, make_run: Callable[..., UUID]) -> None:
    first, second = make_run(), make_run()
    stack.pipeline.advance(first)
    with stack.database.organization(tenant.organization_id) as session:
        session.execute(text("DELETE FROM memberships"))
    stack.pipeline.advance(second)
    assert read(stack, tenant, first).step is RunStep.DELIVERING
    assert read(stack, tenant, second).state is RunState.FAILED


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": {"unknown": "hold"}},
        {"kind": RunKind.EXPORT},
        {"recipients": ()},
    ],
)
def test_what_somebody_judges_or_nobody_gets_takes_the_long_way(
    stack: Stack, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    monkeypatch.setattr(at_once.AtOnce, "finish", lambda *_: pytest.fail("not this way"))
    run_id = make_run(**changes)
    stack.pipeline.advance(run_id)
    assert stack.executor.asked == 1


def test_rows_that_are_larger_than_they_looked_are_spooled(
    stack: Stack, tenant: Tenant, make_run: Callable[..., UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_once, "_MOST_BYTES", 10)
    monkeypatch.setattr(at_once.AtOnce, "finish", lambda *_: pytest.fail("not this way"))
    stack.executor.rows = ("Chile", "A longer name than ten bytes")
    run_id = make_run()
    stack.pipeline.advance(run_id)
    assert deliver_all(stack, tenant, run_id).state is RunState.COMPLETED
    assert b"A longer name" in stack.channel.messages[0].attachments[0].open().read()


def test_no_batch_is_lost_where_the_result_turns_out_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_MOST_BYTES", 20)
    batches = [pa.record_batch({"a": pa.array([number], pa.int64())}) for number in range(6)]
    small, whole = at_once.read_small(Result(head=None, batches=iter(batches)))  # type: ignore[arg-type]
    assert small is None
    assert [batch.to_pydict()["a"] for batch in whole.batches] == [[number] for number in range(6)]


def test_deliveries_that_were_never_committed_are_nobodys(stack: Stack, tenant: Tenant) -> None:
    unknown = UUID(int=7)
    stack.deliverer.deliver(unknown, tenant.organization_id)
    assert stack.channel.accepted() == []


def test_the_fence_holds_in_the_one_commit(
    stack: Stack, clock: FixedClock, tenant: Tenant, make_run: Callable[..., UUID]
) -> None:
    run_id = make_run()
    late = stack.ledger.claim(run_id)
    assert late is not None
    clock.advance(timedelta(seconds=61))
    assert stack.ledger.claim(run_id) is not None
    with pytest.raises(LeaseLost), stack.database.organization(tenant.organization_id) as session:
        stack.ledger.start_at_once(session, late, ((RunStep.QUERIED, ""),))
