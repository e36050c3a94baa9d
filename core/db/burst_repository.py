"""What runs found of recipients in the data: the parts of a result, whom each goes to, and their deliveries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import ArtifactRow, BurstPartRow, BurstRecipientRow, DeliveryRow
from core.domain.burst_preview import BurstLine
from core.domain.bursting import Combination, Outcome, dump_combination, parse_combination
from core.domain.delivery import DeliveryState
from core.domain.page import Page

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDraft:
    """A part of a run's result; `rows_matched` where it is known."""

    id: UUID
    combination: Combination
    formats: tuple[str, ...]
    rows_matched: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientDraft:
    """Somebody whom the data names; `part_id` None: refused, and `reason` says why."""

    part_id: UUID | None
    line: int
    address: str
    name: str = ""
    locale: str = ""
    facts: Mapping[str, str]
    formats: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPart:
    """A part whose files are not stored yet."""

    id: UUID
    place: int
    combination: Combination
    formats: tuple[str, ...]
    rows_matched: int | None = None  #: None: not known yet


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPart:
    """A part whose files are stored; `record` is JSON, None where it has no rows and nobody gets it."""

    id: UUID
    rows_matched: int
    record: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstParcel:
    """What a delivery to somebody is made of."""

    part_id: UUID
    record: dict[str, Any]
    name: str
    facts: Mapping[str, str]
    formats: tuple[str, ...]


def insert_plan(
    session: Session,
    organization_id: UUID,
    run_id: UUID,
    parts: Sequence[PartDraft],
    recipients: Sequence[RecipientDraft],
) -> None:
    """Write down whom a run found and what they get."""
    common = {"organization_id": str(organization_id), "run_id": str(run_id)}
    _insert(
        session,
        "burst_parts",
        [
            {
                **common,
                "id": str(part.id),
                "place": place,
                "content": {**dump_combination(part.combination), "formats": part.formats},
                "rows_matched": part.rows_matched,
            }
            for place, part in enumerate(parts)
        ],
    )
    _insert(
        session,
        "burst_recipients",
        [
            {
                **common,
                "part_id": None if one.part_id is None else str(one.part_id),
                "place": place,
                "line": one.line,
                "address": one.address,
                "name": one.name,
                "locale": one.locale,
                "facts": dict(one.facts),
                "formats": one.formats,
                "outcome": str(Outcome.REFUSED if one.part_id is None else Outcome.SENT),
                "reason": one.reason,
            }
            for place, one in enumerate(recipients)
        ],
    )


def clear_plan(session: Session, run_id: UUID) -> tuple[str, ...]:
    """Forget what a run found; returns the storage keys of files that nobody speaks of any more."""
    of_run = ArtifactRow.run_id == run_id, ArtifactRow.part_id.is_not(None)
    keys = tuple(session.execute(select(ArtifactRow.storage_key).where(*of_run)).scalars())
    for table in ("burst_recipients", "burst_parts"):
        session.execute(text(f"DELETE FROM {table} WHERE run_id = :run_id"), {"run_id": run_id})  # noqa: S608
    return keys


def open_parts(session: Session, run_id: UUID, *, with_empty: bool) -> tuple[OpenPart, ...]:
    """Return the parts whose files are to be made, in their order; `with_empty`: also of those without rows."""
    statement = (
        select(BurstPartRow.id, BurstPartRow.place, BurstPartRow.content, BurstPartRow.rows_matched)
        .where(BurstPartRow.run_id == run_id, BurstPartRow.record.is_(None))
        .order_by(BurstPartRow.place)
    )
    if not with_empty:
        statement = statement.where(BurstPartRow.rows_matched.is_distinct_from(0))
    return tuple(
        OpenPart(
            id=row.id,
            place=row.place,
            combination=parse_combination(row.content),
            formats=tuple(row.content["formats"]),
            rows_matched=row.rows_matched,
        )
        for row in session.execute(statement)
    )


def record_parts(session: Session, parts: Sequence[FiledPart]) -> None:
    """Note that the files of parts are stored."""
    rows = [{"id": str(part.id), "rows_matched": part.rows_matched, "record": part.record} for part in parts]
    session.execute(
        text(
            "UPDATE burst_parts p SET rows_matched = v.rows_matched, record = v.record "
            "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (id uuid, rows_matched bigint, record jsonb) "
            "WHERE p.id = v.id"
        ),
        {"rows": json.dumps(rows)},
    )


def skip_empty(session: Session, run_id: UUID, reason: str) -> int:
    """Note that those whose parts have no rows get nothing; returns how many that are by now."""
    empty = select(BurstPartRow.id).where(BurstPartRow.run_id == run_id, BurstPartRow.rows_matched == 0)
    session.execute(
        update(BurstRecipientRow)
        .where(BurstRecipientRow.run_id == run_id, BurstRecipientRow.part_id.in_(empty))
        .values(outcome=str(Outcome.SKIPPED), reason=reason)
        .execution_options(synchronize_session=False)
    )
    return count_outcomes(session, run_id).get(Outcome.SKIPPED, 0)


def rows_of_parts(session: Session, run_id: UUID) -> int:
    """Return how many rows the parts of a run have together."""
    statement = select(func.coalesce(func.sum(BurstPartRow.rows_matched), 0)).where(BurstPartRow.run_id == run_id)
    return int(session.execute(statement).scalar_one() or 0)


def count_outcomes(session: Session, run_id: UUID) -> dict[Outcome, int]:
    """Return how many recipients of a run came to what."""
    rows = session.execute(
        select(BurstRecipientRow.outcome, func.count().label("number"))
        .where(BurstRecipientRow.run_id == run_id)
        .group_by(BurstRecipientRow.outcome)
    )
    return {Outcome(row.outcome): row.number for row in rows}


def make_deliveries(session: Session, run_id: UUID) -> tuple[UUID, ...]:
    """Make a delivery for each recipient, those who cannot be written to as failed ones; returns the others' ids."""
    ids = tuple(session.execute(text(_DELIVERIES), {"run_id": run_id}).scalars())
    session.execute(text(_REFUSED), {"run_id": run_id})
    return ids


def load_parcel(session: Session, run_id: UUID, address: str) -> BurstParcel | None:
    """Return what somebody gets; None where nothing was made for them."""
    row = session.execute(
        select(
            BurstPartRow.id,
            BurstPartRow.record,
            BurstRecipientRow.name,
            BurstRecipientRow.facts,
            BurstRecipientRow.formats,
        )
        .join(BurstPartRow, BurstPartRow.id == BurstRecipientRow.part_id)
        .where(BurstRecipientRow.run_id == run_id, BurstRecipientRow.address == address)
        .order_by(BurstRecipientRow.place)
        .limit(1)
    ).first()
    if row is None or row.record is None:
        return None
    return BurstParcel(part_id=row.id, record=row.record, name=row.name, facts=row.facts, formats=tuple(row.formats))


def list_lines(
    session: Session,
    run_id: UUID,
    *,
    outcome: Outcome | None = None,
    state: DeliveryState | None = None,
    page: int = 1,
    limit: int = 50,
) -> Page[BurstLine]:
    """Return whom a run's data names and how it went, in the order of the data; refused rows at the end."""
    statement = _lines(run_id)
    if outcome is not None:
        statement = statement.where(BurstRecipientRow.outcome == str(outcome))
    if state is not None:
        statement = statement.where(DeliveryRow.state == str(state))
    total = session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    rows = session.execute(
        statement.order_by(BurstRecipientRow.place).limit(limit).offset((page - 1) * limit)
    ).mappings()
    items = tuple(
        BurstLine(
            **{
                **row,
                "outcome": Outcome(row["outcome"]),
                "state": None if row["state"] is None else DeliveryState(row["state"]),
            }
        )
        for row in rows
    )
    return Page(items=items, total=total, page=page, limit=limit)


def _lines(run_id: UUID) -> Select[Any]:
    columns: tuple[Any, ...] = (
        BurstRecipientRow.line,
        BurstRecipientRow.address,
        BurstRecipientRow.name,
        BurstRecipientRow.outcome,
        BurstRecipientRow.reason,
        BurstPartRow.rows_matched.label("rows"),
        DeliveryRow.id.label("delivery_id"),
        DeliveryRow.state,
    )
    is_theirs = (
        (DeliveryRow.run_id == BurstRecipientRow.run_id)
        & (DeliveryRow.address == BurstRecipientRow.address)
        & (BurstRecipientRow.outcome == str(Outcome.SENT))
    )
    return (
        select(*columns)
        .outerjoin(BurstPartRow, BurstPartRow.id == BurstRecipientRow.part_id)
        .outerjoin(DeliveryRow, is_theirs)
        .where(BurstRecipientRow.run_id == run_id)
    )


def _insert(session: Session, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns, many with one statement."""
    for start in range(0, len(rows), _BATCH):
        names = ", ".join(rows[0])
        statement = text(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608 - names of our own
            f"FROM jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS jsonb))"
        )
        session.execute(statement, {"rows": json.dumps(rows[start : start + _BATCH])})


_INTO = (
    "INSERT INTO deliveries (organization_id, run_id, channel, address, role, recipient_name, recipient_locale, "
    "state, next_attempt_at, error_message) "
)
_FROM = "FROM burst_recipients WHERE run_id = :run_id"
_KEPT = "ON CONFLICT (run_id, channel, destination_id, address) DO NOTHING"
#: Thousands wait in line for their job: the sweep looks after those that no worker has taken by then.
_DELIVERIES = (
    f"{_INTO} SELECT organization_id, run_id, 'email', address, 'to', name, locale, 'pending', "
    f"now() + interval '15 minutes', NULL {_FROM} AND outcome = 'sent' ORDER BY place {_KEPT} RETURNING id"
)
_REFUSED = (
    f"{_INTO} SELECT organization_id, run_id, 'email', address, 'to', '', '', 'failed', NULL, reason "
    f"{_FROM} AND outcome = 'refused' ORDER BY place {_KEPT}"
)
