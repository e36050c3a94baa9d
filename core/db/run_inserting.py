"""Making runs: what a new run is made of, and its place in line. One statement for one run or for thousands."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from core.db.data_policy_repository import sight_keys
from core.db.tables import DatasetRow, RunEventRow, RunRow
from core.domain.run import RunKind, RunState
from core.domain.schedule import Recipient, dump_recipient


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
    burst: Mapping[str, Any] | None = None  #: where its recipients stand in the data, as stored JSON


def insert_run(session: Session, draft: RunDraft, *, now: datetime) -> UUID | None:
    """Insert a pending run; None where its slot already has one."""
    made = insert_runs(session, (draft,), now=now)
    return made[0] if made else None


def insert_runs(session: Session, drafts: Sequence[RunDraft], *, now: datetime) -> tuple[UUID, ...]:
    """Insert pending runs of one organization and kind; returns those whose slot had none yet.

    They stand one behind the other, behind what the organization has in line already.
    """
    if not drafts:
        return ()
    first = drafts[0]
    statement = text("SELECT next_turn(:organization_id, CAST(:priority AS smallint))")
    ids = {"organization_id": first.organization_id, "priority": first.kind.priority}
    turn = session.execute(statement, ids).scalar_one()
    sources = _sources_of(session, drafts)
    sights = sight_keys(session, first.organization_id, {draft.requested_by for draft in drafts})
    rows = [
        {
            **_values(draft, now=now, state=RunState.PENDING),
            "share_key": share_key_of(draft, sights.get(draft.requested_by, "")),
            "turn": turn + place,
            "source_id": sources.get(str(draft.definition.get("dataset_id"))),
        }
        for place, draft in enumerate(drafts)
    ]
    return _insert(session, rows, first.kind)


def insert_missed_runs(session: Session, drafts: Sequence[tuple[RunDraft, str]], *, now: datetime) -> tuple[UUID, ...]:
    """Insert the visible marks of slots that nothing ran for, each with its words; those that have a run get none."""
    words = {(draft.schedule_id, draft.scheduled_for): message for draft, message in drafts}
    if not drafts:
        return ()
    rows = [_values(draft, now=now, state=RunState.MISSED) for draft, _ in drafts]
    made = _insert(session, rows, RunKind.SCHEDULED)
    slots = session.execute(
        select(RunRow.id, RunRow.organization_id, RunRow.schedule_id, RunRow.scheduled_for).where(RunRow.id.in_(made))
    )
    events = [
        {
            "organization_id": row.organization_id,
            "run_id": row.id,
            "at": now,
            "name": "missed",
            "message": words[row.schedule_id, row.scheduled_for],
        }
        for row in slots
    ]
    if events:
        session.execute(insert(RunEventRow), events)
    return made


def share_key_of(draft: RunDraft, sight: str = "") -> str | None:
    """Return what runs have in common that ask the same as the same person for the same moment, in the same files.

    `sight`: what data policies come to for that person, so that no run takes over what was made under others.

    None where the run's terms have to be judged by its own rows, and where each recipient gets rows of their own.
    """
    if draft.terms or draft.burst is not None:
        return None
    parts = (
        str(draft.organization_id),
        str(draft.requested_by),
        draft.definition_sha256,
        draft.definition,
        dict(draft.parameters),
        dict(draft.file_options),
        sorted(draft.formats),
        draft.logical_at.isoformat(),
        # These stand in the files.
        draft.title,
        str(draft.report_id),
        draft.report_version,
        *([sight] if sight else ()),
    )
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _sources_of(session: Session, drafts: Sequence[RunDraft]) -> dict[str, UUID]:
    """The source behind each dataset, for those that are still there."""
    datasets = {UUID(draft.definition["dataset_id"]) for draft in drafts if draft.definition.get("dataset_id")}
    rows = session.execute(select(DatasetRow.id, DatasetRow.source_id).where(DatasetRow.id.in_(datasets)))
    return {str(row.id): row.source_id for row in rows}


def _values(draft: RunDraft, *, now: datetime, state: RunState) -> dict[str, Any]:
    return {
        **{name: getattr(draft, name) for name in _COPIED},
        "kind": str(draft.kind),
        "state": str(state),
        "priority": draft.kind.priority,
        "share_key": None,
        "recipients": [dump_recipient(recipient) for recipient in draft.recipients],
        "formats": list(draft.formats),
        "parameters": dict(draft.parameters),
        "file_options": dict(draft.file_options),
        "terms": dict(draft.terms),
        "created_at": now,
        "finished_at": now if state is RunState.MISSED else None,
    }


def _insert(session: Session, rows: list[dict[str, Any]], kind: RunKind) -> tuple[UUID, ...]:
    """Insert rows that have the same columns: as one parameter, since thousands take longer to send than to insert."""
    names = ", ".join(rows[0])
    conflict = ""
    if kind is RunKind.SCHEDULED:
        # Written out, not bound: once the statement is prepared, a parameter no longer matches the index's condition.
        conflict = "ON CONFLICT (schedule_id, scheduled_for) WHERE kind = 'scheduled' DO NOTHING"
    statement = text(
        f"INSERT INTO runs ({names}) SELECT {names} FROM jsonb_populate_recordset(CAST(NULL AS runs), "  # noqa: S608
        f"CAST(:rows AS jsonb)) {conflict} RETURNING id"
    )
    return tuple(session.execute(statement, {"rows": json.dumps(rows, default=str)}).scalars())


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
    "burst",
)
