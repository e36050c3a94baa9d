"""What went out: copies of messages, and deliveries as their archive lists them."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable

from core.db.tables import (
    BounceRow,
    DeliveryEventRow,
    DeliveryRow,
    DestinationRow,
    RunRow,
    ScheduleRow,
    SentCopyRow,
    SentPartRow,
)
from core.db.visibility import sees_run
from core.domain.bounce import Bounce, BounceKind
from core.domain.delivery import DeliveryState
from core.domain.page import Page
from core.domain.sent import DeliveryStep, SentCopy, SentFile, SentFilter, SentLine
from core.errors import NotFound


def _put_copy() -> Executable:
    """One statement for each mail that goes out, so it is made once."""
    copies: Any = SentCopyRow.__table__
    names = ("organization_id", "delivery_id", "at", "subject", "sha256", "size_bytes", "content", "files")
    statement = postgresql.insert(copies).values({name: bindparam(name, type_=copies.c[name].type) for name in names})
    return statement.on_conflict_do_update(
        index_elements=[copies.c.delivery_id], set_={name: statement.excluded[name] for name in names[2:]}
    )


_PUT_COPY = _put_copy()


def put_copy(session: Session, organization_id: UUID, delivery_id: UUID, copy: SentCopy) -> None:
    """Keep what a delivery's newest attempt hands over."""
    columns = {"organization_id": organization_id, "delivery_id": delivery_id, **copy_values(copy)}
    session.execute(_PUT_COPY, columns)


def copy_values(copy: SentCopy) -> dict[str, Any]:
    """Return the columns of a copy's row that say what it is."""
    return {
        "at": copy.at,
        "subject": copy.subject,
        "sha256": copy.sha256,
        "size_bytes": copy.size_bytes,
        "content": copy.content,
        "files": [_file_json(file) for file in copy.files],
    }


def put_parts(session: Session, organization_id: UUID, run_id: UUID, parts: Mapping[str, bytes]) -> None:
    """Keep pictures of a run's messages, each once."""
    for digest, content in parts.items():
        statement = postgresql.insert(SentPartRow).values(
            organization_id=organization_id, run_id=run_id, sha256=digest, content=content
        )
        session.execute(statement.on_conflict_do_nothing(constraint="uq_sent_parts_run_id_sha256"))


def load_copy(session: Session, delivery_id: UUID) -> SentCopy | None:
    """Return the copy of what a delivery handed over; None where there is none."""
    row = session.execute(
        select(
            SentCopyRow.at,
            SentCopyRow.subject,
            SentCopyRow.sha256,
            SentCopyRow.size_bytes,
            SentCopyRow.content,
            SentCopyRow.files,
        ).where(SentCopyRow.delivery_id == delivery_id)
    ).mappings()
    found = row.first()
    return None if found is None else SentCopy(**{**found, "files": tuple(_file(file) for file in found["files"])})


def load_parts(session: Session, run_id: UUID) -> dict[str, bytes]:
    """Return the pictures of a run's messages by their SHA-256."""
    rows = session.execute(select(SentPartRow.sha256, SentPartRow.content).where(SentPartRow.run_id == run_id))
    return {row.sha256: row.content for row in rows}


def list_sent(session: Session, wanted: SentFilter, *, page: int, limit: int) -> Page[SentLine]:
    """Return deliveries, the newest first."""
    conditions = [sees_run(), *_conditions(wanted)]
    joined = select(func.count()).select_from(DeliveryRow).join(RunRow, RunRow.id == DeliveryRow.run_id)
    total = session.execute(joined.where(*conditions)).scalar_one()
    rows = session.execute(
        _select_lines()
        .where(*conditions)
        .order_by(DeliveryRow.created_at.desc(), DeliveryRow.id)
        .limit(limit)
        .offset((page - 1) * limit)
    )
    return Page(items=tuple(_line(row) for row in rows), total=total, page=page, limit=limit)


def load_sent(session: Session, delivery_id: UUID) -> SentLine:
    """Return one delivery; raises NotFound."""
    row = session.execute(_select_lines().where(DeliveryRow.id == delivery_id, sees_run())).first()
    if row is None:
        raise NotFound("This delivery does not exist, or you may not see it.")
    return _line(row)


def list_steps(session: Session, delivery_id: UUID) -> tuple[DeliveryStep, ...]:
    """Return what became of a delivery, step by step."""
    rows = session.execute(
        select(DeliveryEventRow.at, DeliveryEventRow.state, DeliveryEventRow.attempt, DeliveryEventRow.message)
        .where(DeliveryEventRow.delivery_id == delivery_id)
        .order_by(DeliveryEventRow.id)
    ).mappings()
    return tuple(DeliveryStep(**{**row, "state": DeliveryState(row["state"])}) for row in rows)


def list_bounces(session: Session, delivery_id: UUID) -> tuple[Bounce, ...]:
    """Return what came back about a delivery."""
    rows = session.execute(
        select(
            BounceRow.id,
            BounceRow.provider,
            BounceRow.kind,
            BounceRow.address,
            BounceRow.reason,
            BounceRow.happened_at,
            BounceRow.delivery_id,
        )
        .where(BounceRow.delivery_id == delivery_id)
        .order_by(BounceRow.happened_at)
    ).mappings()
    return tuple(Bounce(**{**row, "kind": BounceKind(row["kind"])}) for row in rows)


def _conditions(wanted: SentFilter) -> list[ColumnElement[bool]]:
    given: tuple[tuple[object, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.schedule_id, lambda value: RunRow.schedule_id == value),
        (wanted.run_id, lambda value: DeliveryRow.run_id == value),
        (wanted.state, lambda value: DeliveryRow.state == str(value)),
        (wanted.channel, lambda value: DeliveryRow.channel == value),
        (wanted.since, lambda value: DeliveryRow.created_at >= value),
        (wanted.until, lambda value: DeliveryRow.created_at < value),
        (
            wanted.search.strip() or None,
            lambda value: (
                DeliveryRow.address.icontains(value, autoescape=True) | RunRow.title.icontains(value, autoescape=True)
            ),
        ),
    )
    return [make(value) for value, make in given if value is not None]


def _select_lines() -> Select[Any]:
    columns: tuple[Any, ...] = (
        DeliveryRow.id,
        DeliveryRow.run_id,
        DeliveryRow.channel,
        DeliveryRow.address,
        DeliveryRow.destination_id,
        DestinationRow.name.label("destination"),
        DeliveryRow.role,
        DeliveryRow.state,
        DeliveryRow.attempt,
        DeliveryRow.created_at,
        DeliveryRow.sent_at,
        DeliveryRow.next_attempt_at,
        DeliveryRow.response,
        DeliveryRow.error_message,
        DeliveryRow.reference,
        RunRow.title,
        RunRow.schedule_id,
        ScheduleRow.name.label("schedule_name"),
    )
    statement: Select[Any] = select(*columns)
    return (
        statement.join(RunRow, RunRow.id == DeliveryRow.run_id)
        .outerjoin(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)
        .outerjoin(DestinationRow, DestinationRow.id == DeliveryRow.destination_id)
    )


def _line(row: Row[Any]) -> SentLine:
    columns = dict(row._mapping)
    return SentLine(**{**columns, "state": DeliveryState(columns["state"])})


def _file_json(file: SentFile) -> dict[str, Any]:
    return {
        "file_name": file.file_name,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "artifact_id": file.artifact_id and str(file.artifact_id),
        "is_linked": file.is_linked,
    }


def _file(stored: dict[str, Any]) -> SentFile:
    return SentFile(**{**stored, "artifact_id": stored["artifact_id"] and UUID(stored["artifact_id"])})


def newest_responses(session: Session, *, channel: str, limit: int) -> tuple[str, ...]:
    """Return what the other side said to the organization's newest sent deliveries over one channel."""
    statement = (
        select(DeliveryRow.response)
        .where(DeliveryRow.channel == channel, DeliveryRow.sent_at.is_not(None), DeliveryRow.response.is_not(None))
        .order_by(DeliveryRow.sent_at.desc())
        .limit(limit)
    )
    return tuple(response for response in session.execute(statement).scalars() if response is not None)
