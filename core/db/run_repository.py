"""The ledger's rows: every change of a run's state, each one fenced by its lease token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    RowMapping,
    Select,
    bindparam,
    case,
    exists,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from core.db.run_writing import write_run
from core.db.tables import DeliveryRow, ReportRow, RunEventRow, RunRow
from core.domain.run import RUN_TRANSITIONS, Lease, RunKind, RunState, RunStep
from core.domain.schedule import Recipient, parse_recipient
from core.errors import LeaseLost, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRun:
    """A run as its workers see it: what to do, how far it is, and who may write to it."""

    id: UUID
    organization_id: UUID
    kind: RunKind
    state: RunState
    step: RunStep
    schedule_id: UUID | None
    report_id: UUID | None
    report_version: int | None
    title: str
    definition: dict[str, Any]
    definition_sha256: str
    parameters: dict[str, Any]
    file_options: dict[str, Any]
    requested_by: UUID | None
    recipients: tuple[Recipient, ...]
    burst: dict[str, Any] | None  #: where its recipients stand in the data, as stored JSON
    formats: tuple[str, ...]
    email_subject: str | None
    email_body: str | None
    terms: dict[str, Any]
    fingerprint: dict[str, Any] | None
    is_stale: bool
    logical_at: datetime
    scheduled_for: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    next_attempt_at: datetime | None
    cancel_requested_at: datetime | None
    lease_token: int
    lease_until: datetime | None
    result_head: dict[str, Any] | None
    deliver_s: float | None
    priority: int
    share_key: str | None
    has_sibling: bool  #: another run asks the same as the same person for the same moment
    waiting_for: str | None  #: what it waited for until it was claimed

    def lease(self) -> Lease:
        """The right to write that goes with the token as it was read."""
        return Lease(
            run_id=self.id,
            organization_id=self.organization_id,
            token=self.lease_token,
            until=self.lease_until or datetime.min.replace(tzinfo=self.logical_at.tzinfo),
        )


#: Statements over tables, not over mapped classes: these run several times for each run, at a third of the cost.
_RUNS: Any = RunRow.__table__
_EVENTS: Any = RunEventRow.__table__
_SIBLING: Any = _RUNS.alias()
_COLUMNS = (
    _RUNS.c.id,
    _RUNS.c.organization_id,
    _RUNS.c.kind,
    _RUNS.c.state,
    _RUNS.c.step,
    _RUNS.c.schedule_id,
    _RUNS.c.report_id,
    _RUNS.c.report_version,
    _RUNS.c.title,
    _RUNS.c.definition,
    _RUNS.c.definition_sha256,
    _RUNS.c.parameters,
    _RUNS.c.file_options,
    _RUNS.c.requested_by,
    _RUNS.c.recipients,
    _RUNS.c.burst,
    _RUNS.c.formats,
    _RUNS.c.email_subject,
    _RUNS.c.email_body,
    _RUNS.c.terms,
    _RUNS.c.fingerprint,
    _RUNS.c.is_stale,
    _RUNS.c.logical_at,
    _RUNS.c.scheduled_for,
    _RUNS.c.created_at,
    _RUNS.c.started_at,
    _RUNS.c.finished_at,
    _RUNS.c.attempt,
    _RUNS.c.next_attempt_at,
    _RUNS.c.cancel_requested_at,
    _RUNS.c.lease_token,
    _RUNS.c.lease_until,
    _RUNS.c.result_head,
    _RUNS.c.deliver_s,
    _RUNS.c.priority,
    _RUNS.c.share_key,
    exists().where(_SIBLING.c.share_key == _RUNS.c.share_key, _SIBLING.c.id != _RUNS.c.id).label("has_sibling"),
    _RUNS.c.waiting_for,
)

_LOAD: Select[Any] = select(*_COLUMNS).where(_RUNS.c.id == bindparam("run_id", type_=_RUNS.c.id.type))
#: NO KEY: timeline lines refer to the run and must not wait for it.
_LOAD_LOCKED = _LOAD.with_for_update(of=_RUNS, key_share=True)
_LOCK = text("SELECT 1 FROM runs WHERE id = :run_id FOR NO KEY UPDATE")
_ADD_EVENT = insert(_EVENTS)
_NOTE_DELIVERY = text(
    "WITH timed AS (UPDATE runs SET deliver_s = coalesce(deliver_s, 0) + :took_s WHERE id = :run_id) "
    "INSERT INTO run_events (organization_id, run_id, at, name, message) "
    "VALUES (:organization_id, :run_id, :at, :name, :message)"
)
_DELIVERIES: Any = DeliveryRow.__table__
_LOCK_OF_DELIVERY = (
    select(*_COLUMNS)
    .where(
        _RUNS.c.id
        == select(_DELIVERIES.c.run_id)
        .where(_DELIVERIES.c.id == bindparam("delivery_id", type_=_DELIVERIES.c.id.type))
        .scalar_subquery()
    )
    .with_for_update(of=_RUNS, key_share=True)
)
_REPORTS: Any = ReportRow.__table__
_DESCRIPTION = select(_REPORTS.c.description).where(_REPORTS.c.id == bindparam("of_report", type_=_REPORTS.c.id.type))
_NEXT = text(
    "SELECT run_id, organization_id, set_config('app.organization_id', organization_id::text, true) FROM next_run(:now)"
)


def organization_of_run(session: Session, run_id: UUID) -> UUID | None:
    """Return whose run it is; needs no organization context."""
    statement = text("SELECT organization_of_run(:run_id)")
    found: UUID | None = session.execute(statement, {"run_id": run_id}).scalar_one_or_none()
    return found


def lock_next_run(session: Session, now: datetime) -> UUID | None:
    """Lock the run that is next in line and return it; needs no organization context.

    From here on the transaction sees the rows of that organization.
    """
    row = session.execute(_NEXT, {"now": now}).first()
    return None if row is None else row.run_id


def load_ledger_run(session: Session, run_id: UUID, *, lock: bool = False) -> LedgerRun:
    """Return a run for its workers; `lock` keeps the row to this transaction. Raises NotFound."""
    row = session.execute(_LOAD_LOCKED if lock else _LOAD, {"run_id": run_id}).mappings().first()
    if row is None:
        raise NotFound("This run does not exist, or you may not see it.")
    return _ledger_run(row)


def lock_run(session: Session, run_id: UUID) -> None:
    """Keep a run to this transaction without reading it."""
    session.execute(_LOCK, {"run_id": run_id})


def lock_run_of_delivery(session: Session, delivery_id: UUID) -> LedgerRun | None:
    """Keep the run that a delivery belongs to to this transaction, and return it; None where there is no such one."""
    row = session.execute(_LOCK_OF_DELIVERY, {"delivery_id": delivery_id}).mappings().first()
    return None if row is None else _ledger_run(row)


def change_state(
    session: Session, lease: Lease, *, expected: RunState, to: RunState, at: datetime, message: str, **columns: Any
) -> None:
    """Move a run along its transition table and note it on the timeline; the only writer of `runs.state`.

    Raises ValueError for a move the table does not know, LeaseLost where the state or the token is another by now.
    """
    if to not in RUN_TRANSITIONS[expected]:
        raise ValueError(f"a run does not go from {expected} to {to}")
    if to.is_final:
        columns |= {"finished_at": at, "lease_until": None, "next_attempt_at": None}
    write_run(
        session, lease, expected=expected, values={"state": str(to), **columns}, at=at, lines=((str(to), message),)
    )


def commit_step(session: Session, lease: Lease, *, step: RunStep, at: datetime, message: str, **columns: Any) -> None:
    """Record a finished step of a running run; raises LeaseLost where another worker took over."""
    commit_steps(session, lease, ((step, message),), at=at, **columns)


def commit_steps(
    session: Session, lease: Lease, steps: Sequence[tuple[RunStep, str]], *, at: datetime, **columns: Any
) -> datetime | None:
    """Record several steps at once, each with its words; returns when a cancel was asked for. Raises LeaseLost."""
    values = {"step": str(steps[-1][0]), **columns}
    lines = tuple((str(step), message) for step, message in steps)
    return write_run(session, lease, expected=RunState.RUNNING, values=values, at=at, lines=lines)


def update_running(session: Session, lease: Lease, **columns: Any) -> None:
    """Change other columns of a running run; raises LeaseLost where another worker took over."""
    write_run(session, lease, expected=RunState.RUNNING, values=columns)


def extend_lease(session: Session, lease: Lease, until: datetime) -> tuple[datetime, datetime | None]:
    """Keep the lease until `until`, or as it is once a cancel was asked for. Raises LeaseLost.

    Returns the lease's end and when the cancel was asked for, if so. A run that delivers holds no lease.
    """
    row = session.execute(
        update(RunRow)
        .where(
            RunRow.id == lease.run_id,
            RunRow.lease_token == lease.token,
            RunRow.state == str(RunState.RUNNING),
            RunRow.lease_until.is_not(None),
        )
        .values(lease_until=case((RunRow.cancel_requested_at.is_(None), until), else_=RunRow.lease_until))
        .returning(RunRow.lease_until, RunRow.cancel_requested_at)
    ).first()
    if row is None:
        raise LeaseLost
    return row.lease_until, row.cancel_requested_at


def request_cancel(session: Session, run_id: UUID, *, at: datetime) -> None:
    """Leave word for the worker of a running run."""
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.state == str(RunState.RUNNING), RunRow.cancel_requested_at.is_(None))
        .values(cancel_requested_at=at)
    )


def add_event(session: Session, organization_id: UUID, run_id: UUID, *, at: datetime, name: str, message: str) -> None:
    """Add a line to a run's timeline."""
    values = {"organization_id": organization_id, "run_id": run_id, "at": at, "name": name, "message": message}
    session.execute(_ADD_EVENT, values)


def _ledger_run(row: RowMapping) -> LedgerRun:
    return LedgerRun(
        **{
            **row,
            "kind": RunKind(row["kind"]),
            "state": RunState(row["state"]),
            "step": RunStep(row["step"]),
            "recipients": tuple(parse_recipient(recipient) for recipient in row["recipients"]),
            "formats": tuple(row["formats"]),
        }
    )


def note_delivery(
    session: Session, organization_id: UUID, run_id: UUID, *, at: datetime, name: str, message: str, took_s: float
) -> None:
    """Add to the time a run's deliveries took, with a line on its timeline."""
    values = {"organization_id": organization_id, "run_id": run_id, "at": at, "name": name, "message": message}
    session.execute(_NOTE_DELIVERY, {**values, "took_s": took_s})


def report_description(session: Session, report_id: UUID | None) -> str:
    """Return what a report's owner says about it, archived or not; "" for a draft."""
    if report_id is None:
        return ""
    return session.execute(_DESCRIPTION, {"of_report": report_id}).scalar_one_or_none() or ""
