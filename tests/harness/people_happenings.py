"""Happenings: what people do to schedules and runs, in any order, and what is true after each of them.

The other half, what daemons do, is in `tests.harness.daemon_happenings`. Services, ledger, database are the real ones.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import psycopg
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.clock import FixedClock
from core.db.database import Database
from core.domain.run import RunKind, RunState
from core.domain.schedule import Cadence, Misfire, Recipient, ScheduleConfig, ScheduleDraft
from core.domain.terms import Terms, UnknownThen
from core.errors import Conflict
from core.services.approvals import ApprovalService
from core.services.runs import RunService
from core.services.schedule_drafts import draft_of
from core.services.schedules import ScheduleService
from tests.conftest import Tenant
from tests.failpoints import Stack
from tests.harness.ledger_rules import FORGET, Snapshot, check_rules, look, sent_twice
from tests.run_parts import ALICE, BOB, NOW, insert_run

_Act = TypeVar("_Act", bound=Callable[..., None])
_NUMBERS = st.integers(min_value=0, max_value=2**20)
_CRONS = ("*/10 * * * *", "0 * * * *", "30 9 * * *")
_RECIPIENTS = ((ALICE,), (ALICE, BOB))
#: More than these teach nothing new and cost time.
_MOST_SCHEDULES, _MOST_RUNS = 4, 30
_CAN_BE_RETRIED = ("failed", "cancelled", "missed")
_CAN_BE_RESENT = ("failed", "held", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all examples share."""

    database: Database
    administrator: "psycopg.Connection[tuple[object, ...]]"
    tenant: Tenant
    report_id: UUID
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """How often something happens, beside others that can, and what it may be like."""

    weight: int
    when: Callable[[Any], object]
    picks: bool  #: whether it happens to one of several
    options: dict[str, Sequence[Any]]


def happening(
    *, weight: int = 1, when: Callable[[Any], object] = lambda _: True, picks: bool = False, **options: Sequence[Any]
) -> Callable[[_Act], _Act]:
    """Mark a method as something that happens, where `when` holds.

    Hypothesis's own rules are drawn alike and some are left out of each example: few would come to a delivery.
    """

    def mark(act: _Act) -> _Act:
        act.happening = Happening(weight=weight, when=when, picks=picks, options=options)  # type: ignore[attr-defined]
        return act

    return mark


class PeopleHappenings(RuleBasedStateMachine):
    """One example begins with an empty ledger, in the morning."""

    #: Over all examples: how many steps there were, and which moves between states.
    steps = 0
    moves: ClassVar[Counter[tuple[str, str, str]]] = Counter()

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.ground = ground
        self.me = ground.tenant.principal
        self.clock = FixedClock(NOW)
        self.stack = Stack(database=ground.database, clock=self.clock, folder=ground.folder)
        self.schedules = ScheduleService(ground.database, self.clock, channels=self.stack.channels)
        self.runs = RunService(ground.database, self.clock, ledger=self.stack.ledger, stores={})
        self.approvals = ApprovalService(ground.database, self.clock)
        self.arrived: Counter[UUID] = Counter()
        self.doubtful: Counter[UUID] = Counter()  #: attempts of which the ledger says that nobody knows their end
        self.is_doubting = False  #: whether what ends now ends because nobody knows
        self.now = Snapshot()  #: as it is before each happening
        self.before = self.now  #: as it was when the rules were checked last

    @initialize(unknown=st.sampled_from(UnknownThen))
    def begin(self, unknown: UnknownThen) -> None:
        self.ground.administrator.execute(FORGET)
        self._create("*/10 * * * *", (ALICE, BOB), unknown, Misfire.LATEST)

    @rule(what=_NUMBERS, pick=_NUMBERS, choice=_NUMBERS)
    def something_happens(self, what: int, pick: int, choice: int) -> None:
        """Numbers alone are drawn, so that the same draw is possible whatever came before."""
        known = {name: getattr(getattr(type(self), name), "happening", None) for name in dir(type(self))}
        possible = [name for name, one in known.items() if one and one.when(self) for _ in range(one.weight)]
        name = possible[what % len(possible)]
        chosen = {"pick": pick} if known[name].picks else {}
        for key, options in known[name].options.items():
            choice, place = divmod(choice, len(options))
            chosen[key] = options[place]
        note(f"{name} {chosen}")
        getattr(self, name)(**chosen)

    @happening(cron=_CRONS, recipients=_RECIPIENTS, unknown=tuple(UnknownThen), misfire=tuple(Misfire))
    def create(self, cron: str, recipients: tuple[Recipient, ...], unknown: UnknownThen, misfire: Misfire) -> None:
        if len(self.now.schedules) < _MOST_SCHEDULES:
            self._create(cron, recipients, unknown, misfire)

    @happening(when=lambda self: self.now.schedules, picks=True, cron=_CRONS)
    def edit(self, pick: int, cron: str) -> None:
        self.schedules.change(
            self.me, self._schedule(pick), lambda old: replace(draft_of(old), config=_recurrence(cron))
        )

    @happening(when=lambda self: self.now.schedules, picks=True, minutes=(None, 5, 200))
    def pause(self, pick: int, minutes: int | None) -> None:
        until = None if minutes is None else self.clock.now() + timedelta(minutes=minutes)
        self.schedules.pause(self.me, self._schedule(pick), until=until)

    @happening(when=lambda self: self.now.schedules, picks=True)
    def resume(self, pick: int) -> None:
        self.schedules.resume(self.me, self._schedule(pick))

    @happening(when=lambda self: len(self.now.schedules) > 2, picks=True)
    def delete(self, pick: int) -> None:
        self.schedules.delete(self.me, self._schedule(pick))

    @happening(when=lambda self: self.now.schedules, picks=True)
    def send_now(self, pick: int) -> None:
        self.runs.run_schedule_now(self.me, self._schedule(pick))

    @happening()
    def export(self) -> None:
        if len(self.now.runs) < _MOST_RUNS:
            insert_run(
                self.ground.database,
                self.ground.tenant,
                now=self.clock.now(),
                kind=RunKind.EXPORT,
                recipients=(),
                report_id=self.ground.report_id,
                report_version=1,
            )

    @happening(when=lambda self: self.now.runs, picks=True)
    def cancel(self, pick: int) -> None:
        run = picked(self.now.runs, pick)
        _refused_if(RunState(run.state).is_final, lambda: self.runs.cancel(self.me, run.id))

    @happening(weight=4, when=lambda self: self._held(), picks=True, is_right=(True, False))
    def decide(self, pick: int, is_right: bool) -> None:
        run = picked(self._held(), pick)
        (self.approvals.approve if is_right else self.approvals.reject)(self.me, run.id)

    @happening(when=lambda self: self.now.runs, picks=True)
    def try_again(self, pick: int) -> None:
        run = picked(self.now.runs, pick)
        is_possible = run.state in _CAN_BE_RETRIED
        if len(self.now.runs) < _MOST_RUNS or not is_possible:
            _refused_if(not is_possible, lambda: self.runs.retry(self.me, run.id))

    @happening(when=lambda self: self.now.deliveries, picks=True)
    def resend(self, pick: int) -> None:
        row = picked(self.now.deliveries, pick)
        is_possible = row.state in _CAN_BE_RESENT
        _refused_if(not is_possible, lambda: self.runs.resend_delivery(self.me, row.id))

    @invariant()
    def rules_hold(self) -> None:
        type(self).steps += 1
        before, self.now = self.before, self.look()
        self.before = self.now
        check_rules(self.now, before)
        new = self.now.changes[len(before.changes) :]
        self.moves.update((change.kind, change.was, change.is_now) for change in new)
        assert not sent_twice(self.now), "a delivery that was sent was sent again"
        if self.is_doubting:
            self.doubtful.update(change.id for change in new if change.kind == "deliveries" and change.was == "sending")
            self.is_doubting = False
        self._check_arrivals()

    def look(self) -> Snapshot:
        """What the database holds now."""
        with self.ground.database.organization(self.me.organization_id) as session:
            return look(session)

    def _check_arrivals(self) -> None:
        for row in self.now.deliveries:
            # An attempt under way may have arrived, and nothing of it is said yet.
            known = (row.state in ("sent", "sending")) + self.doubtful[row.id]
            assert self.arrived[row.id] <= known, f"arrived {self.arrived[row.id]} times, {known} are on record: {row}"

    def _create(self, cron: str, recipients: tuple[Recipient, ...], unknown: UnknownThen, misfire: Misfire) -> None:
        draft = ScheduleDraft(
            name="Every so often",
            report_id=self.ground.report_id,
            config=_recurrence(cron),
            recipients=recipients,
            formats=("csv",),
            misfire=misfire,
            terms=Terms(unknown=unknown),
        )
        self.schedules.create(self.me, draft)

    def _held(self) -> list[Any]:
        return [run for run in self.now.runs if run.state == "held"]

    def _schedule(self, pick: int) -> UUID:
        schedule_id: UUID = picked(self.now.schedules, pick).id
        return schedule_id


def picked(things: Sequence[Any], pick: int) -> Any:
    """One of them."""
    return things[pick % len(things)]


def _refused_if(is_refused: bool, act: Callable[[], object]) -> None:
    """What a person asks for is done, or refused in words where it cannot be."""
    try:
        act()
    except Conflict:
        assert is_refused
    else:
        assert not is_refused


def _recurrence(cron: str) -> ScheduleConfig:
    return ScheduleConfig(cadence=Cadence.CRON, timezone="UTC", cron_expression=cron)
