"""Happenings: what planner, sweep, workers and senders do and how they die, between what people do, as time passes.

Queries, files and the network are left out: a worker writes what it would write after each of them, or dies before.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from core.db.delivery_repository import OutboxRow
from core.db.run_repository import LedgerRun
from core.domain.run import RunKind, RunStep
from core.errors import LeaseLost, QueryFailed, RunCancelled, SourceBusy
from core.runs.endings import Endings
from core.runs.planner import Planner
from tests.harness.ledger_rules import check_planned
from tests.harness.people_happenings import Ground, PeopleHappenings, happening, picked

_T = TypeVar("_T")
_WAITS = (1, 30, 61, 600, 3600, 90_000)
_STEPS = (0, 1, 2, 3, 3, 3)
_ANSWERS = ("yes", "yes", "not now", "no", "breaks before", "breaks after", "dies before", "dies after")
_TO_SEND = ("pending", "retry", "unknown")
_JUMPS = (-3600, -1, 1, 3600)


class Happenings(PeopleHappenings):
    """Everything that happens."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.planner = Planner(ground.database, self.clock)
        self.endings = Endings(ground.database, self.clock)
        self.working: list[LedgerRun] = []  #: what workers believe to hold, those whose time is over as well
        self.sending: list[OutboxRow] = []

    @happening(seconds=_WAITS)
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @happening(seconds=_JUMPS)
    def clock_is_set(self, seconds: int) -> None:
        self.clock.jump(timedelta(seconds=seconds))

    @happening()
    def plan(self) -> None:
        self.stack.care.resume()
        self.planner.plan()
        check_planned(self.look(), self.clock.now())

    @happening(weight=2)
    def sweep(self) -> None:
        self.stack.recovery.sweep()
        self.is_doubting = True

    @happening(weight=3)
    def slot_comes(self) -> None:
        """Time passes until the next slot, and it is planned."""
        coming = [row.next_run_at for row in self.now.schedules if row.is_active]
        if coming:
            self.clock.advance(max(min(coming) - self.clock.now(), timedelta()))
        self.plan()

    @happening(weight=5, steps=_STEPS)
    def work(self, steps: int) -> None:
        """A worker takes what is next in line, and comes so far before something else happens."""
        run = self.stack.ledger.claim_next()
        if run is None:
            return
        self.working.append(run)
        for _ in range(steps):
            if run not in self.working:
                break
            self.working.remove(run)
            self.now = self.look()
            run = self._write(run, functools.partial(self._go_on, run)) or run

    @happening(when=lambda self: self.now.runs, picks=True)
    def claim_lapsed(self, pick: int) -> None:
        run = self.stack.ledger.claim(picked(self.now.runs, pick).id, only_lapsed=True)
        if run is not None:
            self.working.append(run)

    @happening(weight=3, when=lambda self: self.working, picks=True)
    def step(self, pick: int) -> None:
        """A worker goes on from where it believes its run to be."""
        run = _taken(self.working, pick)
        self._write(run, lambda: self._go_on(run))

    @happening(when=lambda self: self.working, picks=True, may_heal=(True, False))
    def fail(self, pick: int, may_heal: bool) -> None:
        run = _taken(self.working, pick)
        self._write(run, lambda: self.stack.ledger.fail(run, SourceBusy() if may_heal else QueryFailed()))

    @happening(when=lambda self: self.working, picks=True, how=("skip", "hold", "wait"))
    def end_otherwise(self, pick: int, how: str) -> None:
        run = _taken(self.working, pick)

        def end() -> None:
            if how == "wait":
                self.endings.wait(run, self.clock.now() + timedelta(minutes=2), "Waiting.")
                return
            with self.ground.database.organization(run.organization_id) as session:
                if how == "hold" and run.step is RunStep.RENDERED:
                    self.endings.hold(session, run, "It looks unusual.")
                else:
                    self.endings.skip(session, run, "Nothing to send.")

        self._write(run, end)

    @happening(when=lambda self: self.working, picks=True)
    def worker_dies(self, pick: int) -> None:
        _taken(self.working, pick)

    @happening(when=lambda self: self.now.deliveries, picks=True)
    def start_sending(self, pick: int) -> None:
        """A sender claims a delivery; what comes of it is another happening."""
        row = self.stack.outbox.claim(picked(self.now.deliveries, pick).id)
        if row is not None:
            self.sending.append(row)

    @happening(
        weight=6,
        when=lambda self: any(row.state in _TO_SEND for row in self.now.deliveries),
        picks=True,
        answer=_ANSWERS,
    )
    def send(self, pick: int, answer: str) -> None:
        """A delivery that waits is sent, and the other side answers at once."""
        row = self.stack.outbox.claim(picked([row for row in self.now.deliveries if row.state in _TO_SEND], pick).id)
        if row is not None:
            self.now = self.look()
            self._answer(row, answer)

    @happening(weight=3, when=lambda self: self.sending, picks=True, answer=_ANSWERS)
    def other_side_answers(self, pick: int, answer: str) -> None:
        """A sender hears what came of it, however late."""
        self._answer(_taken(self.sending, pick), answer)

    def _answer(self, row: OutboxRow, answer: str) -> None:
        outbox = self.stack.outbox
        self.arrived[row.id] += answer in ("yes", "breaks after", "dies after")
        if answer == "yes":
            self._record(row, lambda: outbox.sent(row, response="250", reference="r", took_s=0.1))
        elif answer == "not now":
            self._record(row, lambda: outbox.deferred(row, reason="Busy.", took_s=0.1))
        elif answer == "no":
            self._record(row, lambda: outbox.refused(row, reason="No such person.", took_s=0.1))
        elif answer.startswith("breaks"):
            self._record(row, lambda: outbox.unknown(row, took_s=0.1))
            self.is_doubting = True

    def _go_on(self, run: LedgerRun) -> LedgerRun | None:
        """Commit the next step; returns the run where its worker goes on with it."""
        ledger = self.stack.ledger
        if run.step in (RunStep.CREATED, RunStep.QUERIED):
            following = RunStep.QUERIED if run.step is RunStep.CREATED else RunStep.RENDERED
            with ledger.step(run, following, message="Done."):
                return replace(run, step=following)
        if run.kind is RunKind.EXPORT:
            ledger.complete(run)
        else:
            ledger.start_deliveries(run, run.recipients)
        return None

    def _write(self, run: LedgerRun, act: Callable[[], LedgerRun | None]) -> LedgerRun | None:
        """A worker writes to its run: it goes through exactly if the run is still its own."""
        current = next((row for row in self.now.runs if row.id == run.id), None)
        is_mine = current is not None and current.state == "running" and current.lease_token == run.lease_token
        try:
            try:
                goes_on = act()
            except RunCancelled:
                goes_on = None
                self.stack.ledger.cancelled(run)
        except LeaseLost:
            assert not is_mine, f"refused to the worker whose run it is: {current}"
            return None
        assert is_mine, f"somebody else's run was written to: {current}"
        if goes_on is not None:
            self.working.append(goes_on)
        return goes_on

    def _record(self, row: OutboxRow, act: Callable[[], None]) -> None:
        """A sender records an end: it goes through exactly if the attempt is still its own."""
        current = next(one for one in self.now.deliveries if one.id == row.id)
        is_mine = current.state == "sending" and current.lease_token == row.lease_token
        try:
            act()
        except LeaseLost:
            assert not is_mine, f"refused to the sender whose attempt it is: {current}"
        else:
            assert is_mine, f"the end of somebody else's attempt was recorded: {current}"


def _taken(things: list[_T], pick: int) -> _T:
    return things.pop(pick % len(things))
