"""What is always true of schedules, runs and deliveries, whatever happened: read from the database after each step.

Triggers of the test write down each change of a state, so that no step hides one between two looks.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.domain.delivery import DELIVERY_TRANSITIONS, DeliveryState
from core.domain.run import RUN_TRANSITIONS, RunState, RunStep

#: For the owner: every change of a state, in order.
WRITE_DOWN_CHANGES = """
CREATE TABLE state_changes (n bigserial PRIMARY KEY, kind text, id uuid, was text, is_now text);
CREATE FUNCTION write_down_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO state_changes (kind, id, was, is_now) VALUES (TG_TABLE_NAME, NEW.id, OLD.state, NEW.state);
    RETURN NULL;
END $$;
CREATE TRIGGER written_down AFTER UPDATE OF state ON runs FOR EACH ROW EXECUTE FUNCTION write_down_change();
CREATE TRIGGER written_down AFTER UPDATE OF state ON deliveries FOR EACH ROW EXECUTE FUNCTION write_down_change();
GRANT SELECT ON state_changes TO PUBLIC;
"""
#: For the administrator: an example begins with nothing.
FORGET = """
DELETE FROM deliveries; DELETE FROM run_events; DELETE FROM runs; DELETE FROM schedules; DELETE FROM procrastinate_jobs;
DELETE FROM state_changes;
"""
#: Ids are random: what is picked must not depend on them.
_ORDER = "r.created_at, r.priority, r.turn, r.scheduled_for, s.created_at"
_RUNS = (
    "SELECT r.id, r.kind, r.state, r.step, r.schedule_id, r.scheduled_for, r.lease_token, r.lease_until, "
    "r.finished_at, r.next_attempt_at, jsonb_array_length(r.recipients) AS recipients "
    f"FROM runs r LEFT JOIN schedules s ON s.id = r.schedule_id ORDER BY {_ORDER}"
)
_DELIVERIES = (
    "SELECT d.id, d.run_id, d.state, d.lease_token, d.lease_until, d.next_attempt_at, d.sent_at FROM deliveries d "
    f"JOIN runs r ON r.id = d.run_id LEFT JOIN schedules s ON s.id = r.schedule_id ORDER BY {_ORDER}, d.address"
)
_SCHEDULES = "SELECT id, is_active, next_run_at, paused_until FROM schedules ORDER BY created_at, id"
_CHANGES = "SELECT n, kind, id, was, is_now FROM state_changes ORDER BY n"


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """What the database holds."""

    runs: list[Any] = field(default_factory=list)
    deliveries: list[Any] = field(default_factory=list)
    schedules: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)


def look(session: Session) -> Snapshot:
    """Read everything."""
    runs, deliveries, schedules, changes = (
        list(session.execute(text(statement)).all()) for statement in (_RUNS, _DELIVERIES, _SCHEDULES, _CHANGES)
    )
    return Snapshot(runs=runs, deliveries=deliveries, schedules=schedules, changes=changes)


def check_rules(now: Snapshot, before: Snapshot) -> None:
    """Raise AssertionError for the first rule that does not hold."""
    slots = Counter((run.schedule_id, run.scheduled_for) for run in now.runs if run.kind == "scheduled")
    slots = Counter({slot: n for slot, n in slots.items() if slot[0] is not None})
    assert all(n == 1 for n in slots.values()), f"a slot has several runs: {slots}"
    for change in now.changes[len(before.changes) :]:
        _check_change(change)
    deliveries: dict[UUID, list[Any]] = {}
    for row in now.deliveries:
        deliveries.setdefault(row.run_id, []).append(row)
        _check_delivery(row)
    for run in now.runs:
        _check_run(run, deliveries.get(run.id, []))
    for schedule in now.schedules:
        assert schedule.is_active == (schedule.next_run_at is not None), f"active, or a next slot, alone: {schedule}"
    _check_tokens(now, before)


def sent_twice(now: Snapshot) -> list[UUID]:
    """Deliveries that became `sent` more than once."""
    times = Counter(change.id for change in now.changes if change.kind == "deliveries" and change.is_now == "sent")
    return [delivery_id for delivery_id, n in times.items() if n > 1]


def check_planned(now: Snapshot, at: datetime) -> None:
    """After planning nothing that is active is due."""
    late = [row for row in now.schedules if row.is_active and row.next_run_at <= at]
    assert not late, f"still due after planning: {late}"


def _check_change(change: Any) -> None:
    if change.kind == "runs":
        assert RunState(change.is_now) in RUN_TRANSITIONS[RunState(change.was)], f"no such move of a run: {change}"
    else:
        moves = DELIVERY_TRANSITIONS[DeliveryState(change.was)]
        assert DeliveryState(change.is_now) in moves, f"no such move of a delivery: {change}"


def _check_run(run: Any, deliveries: list[Any]) -> None:
    state, step = RunState(run.state), RunStep(run.step)
    assert state.is_final == (run.finished_at is not None), f"final and not finished, or the other way round: {run}"
    is_delivering = state is RunState.RUNNING and step is RunStep.DELIVERING
    holds = state is RunState.RUNNING and not is_delivering
    assert holds == (run.lease_until is not None), f"a lease goes with running alone: {run}"
    states = [DeliveryState(row.state) for row in deliveries]
    if is_delivering:
        assert len(states) == run.recipients, f"not every recipient has a delivery: {run}"
        assert not all(state.is_final for state in states), f"nothing will end it: {run}"
    if state is RunState.COMPLETED:
        served = {DeliveryState.SENT, DeliveryState.SUPPRESSED, DeliveryState.BOUNCED}
        assert served.issuperset(states), f"completed, and not everybody was served: {run} {states}"


def _check_delivery(row: Any) -> None:
    state = DeliveryState(row.state)
    assert (state is DeliveryState.SENDING) == (row.lease_until is not None), f"a lease goes with sending alone: {row}"
    if state in (DeliveryState.RETRY, DeliveryState.UNKNOWN):
        assert row.next_attempt_at is not None, f"it waits for nothing: {row}"
    assert (row.sent_at is not None) == (state in (DeliveryState.SENT, DeliveryState.BOUNCED)), f"sent or not: {row}"


def _check_tokens(now: Snapshot, before: Snapshot) -> None:
    tokens = {row.id: row.lease_token for row in (*before.runs, *before.deliveries)}
    fallen = [row for row in (*now.runs, *now.deliveries) if row.lease_token < tokens.get(row.id, 0)]
    assert not fallen, f"a lease token went back: {fallen}"
