"""The ledger's rows: inserting runs and every change of a run's state, each one fenced by its lease token."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, case, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import ReportRow, RunEventRow, RunRow
from core.domain.run import RUN_TRANSITIONS, Lease, RunKind, RunState, RunStep
from core.domain.schedule import Recipient
from core.errors import LeaseLost, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraft:
    """A run to be inserted; `definition` is the stored JSON, copied so that later saves do not touch the run."""

    organization_id: UUID
    kind: RunKind
    title: str
    definition: dict[str, Any]
    definition_sha256: str
    requested_by: UUID | None
    formats: tuple[str, ...]
    logical_at: datetime
    schedule_id: UUID | None = None
    report_id: UUID | None = None
    report_version: int | None = None
    recipients: tuple[Recipient, ...] = ()
    email_subject: str | None = None
    email_body: str | None = None
    scheduled_for: datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)  #: values given for the definition's parameters
    file_options: Mapping[str, Any] = field(default_factory=dict)  #: how its files are made, as stored JSON
    terms: Mapping[str, Any] = field(default_factory=dict)  #: what must be true before it is sent, as stored JSON


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

    def lease(self) -> Lease:
        """The right to write that goes with the token as it was read."""
        return Lease(
            run_id=self.id,
            organization_id=self.organization_id,
            token=self.lease_token,
            until=self.lease_until or datetime.min.replace(tzinfo=self.logical_at.tzinfo),
        )


_COLUMNS = (
    RunRow.id,
    RunRow.organization_id,
    RunRow.kind,
    RunRow.state,
    RunRow.step,
    RunRow.schedule_id,
    RunRow.report_id,
    RunRow.report_version,
    RunRow.title,
    RunRow.definition,
    RunRow.definition_sha256,
    RunRow.parameters,
    RunRow.file_options,
    RunRow.requested_by,
    RunRow.recipients,
    RunRow.formats,
    RunRow.email_subject,
    RunRow.email_body,
    RunRow.terms,
    RunRow.fingerprint,
    RunRow.is_stale,
    RunRow.logical_at,
    RunRow.scheduled_for,
    RunRow.created_at,
    RunRow.started_at,
    RunRow.finished_at,
    RunRow.attempt,
    RunRow.next_attempt_at,
    RunRow.cancel_requested_at,
    RunRow.lease_token,
    RunRow.lease_until,
    RunRow.result_head,
    RunRow.deliver_s,
)


def insert_run(session: Session, draft: RunDraft, *, now: datetime) -> UUID | None:
    """Insert a pending run; None where its slot already has one."""
    return _insert(session, draft, now=now, state=RunState.PENDING)


def insert_missed_run(session: Session, draft: RunDraft, *, now: datetime, message: str) -> UUID | None:
    """Insert the visible mark of a slot that nothing ran for; None where the slot already has a run."""
    run_id = _insert(session, draft, now=now, state=RunState.MISSED)
    if run_id is not None:
        add_event(session, draft.organization_id, run_id, at=now, name="missed", message=message)
    return run_id


def organization_of_run(session: Session, run_id: UUID) -> UUID | None:
    """Return whose run it is; needs no organization context."""
    statement = text("SELECT organization_of_run(:run_id)")
    found: UUID | None = session.execute(statement, {"run_id": run_id}).scalar_one_or_none()
    return found


def load_ledger_run(session: Session, run_id: UUID, *, lock: bool = False) -> LedgerRun:
    """Return a run for its workers; `lock` keeps the row to this transaction. Raises NotFound."""
    statement: Select[Any] = select(*_COLUMNS).where(RunRow.id == run_id)
    if lock:  # NO KEY: timeline lines refer to the run and must not wait for it
        statement = statement.with_for_update(key_share=True)
    row = session.execute(statement).mappings().first()
    if row is None:
        raise NotFound("This run does not exist, or you may not see it.")
    return _ledger_run(row)


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
    _write(session, lease, expected=expected, values={"state": str(to), **columns})
    add_event(session, lease.organization_id, lease.run_id, at=at, name=str(to), message=message)


def commit_step(session: Session, lease: Lease, *, step: RunStep, at: datetime, message: str, **columns: Any) -> None:
    """Record a finished step of a running run; raises LeaseLost where another worker took over."""
    _write(session, lease, expected=RunState.RUNNING, values={"step": str(step), **columns})
    add_event(session, lease.organization_id, lease.run_id, at=at, name=str(step), message=message)


def update_running(session: Session, lease: Lease, **columns: Any) -> None:
    """Change other columns of a running run; raises LeaseLost where another worker took over."""
    _write(session, lease, expected=RunState.RUNNING, values=columns)


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
    session.execute(
        insert(RunEventRow).values(organization_id=organization_id, run_id=run_id, at=at, name=name, message=message)
    )


def _insert(session: Session, draft: RunDraft, *, now: datetime, state: RunState) -> UUID | None:
    values = {
        **{name: getattr(draft, name) for name in _COPIED},
        "kind": str(draft.kind),
        "state": str(state),
        "recipients": [asdict(recipient) for recipient in draft.recipients],
        "formats": list(draft.formats),
        "parameters": dict(draft.parameters),
        "file_options": dict(draft.file_options),
        "terms": dict(draft.terms),
        "created_at": now,
        "finished_at": now if state is RunState.MISSED else None,
    }
    statement = postgresql.insert(RunRow).values(values)
    if draft.kind is RunKind.SCHEDULED:
        # Written out, not bound: once the statement is prepared, a parameter no longer matches the index's condition.
        statement = statement.on_conflict_do_nothing(
            index_elements=[RunRow.schedule_id, RunRow.scheduled_for], index_where=text("kind = 'scheduled'")
        )
    return session.execute(statement.returning(RunRow.id)).scalar_one_or_none()


#: Columns that a draft and its row share as they are.
_COPIED = (
    "organization_id",
    "title",
    "definition",
    "definition_sha256",
    "requested_by",
    "logical_at",
    "schedule_id",
    "report_id",
    "report_version",
    "email_subject",
    "email_body",
    "scheduled_for",
)


def _write(session: Session, lease: Lease, *, expected: RunState, values: dict[str, Any]) -> None:
    written = session.execute(
        update(RunRow)
        .where(RunRow.id == lease.run_id, RunRow.state == str(expected), RunRow.lease_token == lease.token)
        .values(values)
        .returning(RunRow.id)
    ).first()
    if written is None:
        raise LeaseLost


def _ledger_run(row: RowMapping) -> LedgerRun:
    return LedgerRun(
        **{
            **row,
            "kind": RunKind(row["kind"]),
            "state": RunState(row["state"]),
            "step": RunStep(row["step"]),
            "recipients": tuple(Recipient(**recipient) for recipient in row["recipients"]),
            "formats": tuple(row["formats"]),
        }
    )


def add_deliver_time(session: Session, run_id: UUID, seconds: float) -> None:
    """Add to the time a run's deliveries took."""
    session.execute(
        update(RunRow).where(RunRow.id == run_id).values(deliver_s=func.coalesce(RunRow.deliver_s, 0.0) + seconds)
    )


def report_description(session: Session, report_id: UUID | None) -> str:
    """Return what a report's owner says about it, archived or not; "" for a draft."""
    if report_id is None:
        return ""
    return session.execute(select(ReportRow.description).where(ReportRow.id == report_id)).scalar_one_or_none() or ""
