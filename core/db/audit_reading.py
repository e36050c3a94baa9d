"""Reading the audit: the newest first, from a cursor on, and one event in full."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, text, tuple_
from sqlalchemy.orm import Session

from core.db.tables.audit import AuditDetailRow, AuditEventRow, AuditLinkRow, AuditWaitingRow
from core.domain.audit_reading import AuditEntry, AuditFilter, AuditPart
from core.errors import InvalidInput, NotFound

#: Skips from one action to the next in the index: there are some dozens of them in millions of events.
_ACTIONS = text("""
    WITH RECURSIVE found AS (
        SELECT min(action) AS action FROM audit_events WHERE organization_id = :id
        UNION ALL
        SELECT (SELECT min(e.action) FROM audit_events e WHERE e.organization_id = :id AND e.action > found.action)
        FROM found WHERE found.action IS NOT NULL)
    SELECT action FROM found WHERE action IS NOT NULL
""")


def list_events(
    session: Session, organization_id: UUID, wanted: AuditFilter, *, limit: int, cursor: str | None
) -> AuditPart:
    """Return up to `limit` events older than `cursor`; raises InvalidInput for a cursor that is none."""
    statement = _matching(organization_id, wanted).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(tuple_(AuditEventRow.at, AuditEventRow.id) < tuple_(*_read_cursor(cursor)))
    rows = session.execute(statement).all()
    shown = tuple(_entry(row) for row in rows[:limit])
    more = len(rows) > limit
    return AuditPart(items=shown, cursor=_cursor(shown[-1]) if more else None)


def load_event(session: Session, organization_id: UUID, event_id: UUID) -> AuditEntry:
    """Return one event; raises NotFound."""
    row = session.execute(_matching(organization_id, AuditFilter()).where(AuditEventRow.id == event_id)).first()
    if row is None:
        raise NotFound("This event does not exist, or you may not see it.")
    return _entry(row)


def list_actions(session: Session, organization_id: UUID) -> tuple[str, ...]:
    """Return the actions that there are events of, by name."""
    return tuple(session.execute(_ACTIONS, {"id": organization_id}).scalars())


def count_waiting(session: Session, organization_id: UUID) -> int:
    """Return how many events wait for their link."""
    waiting = select(func.count()).select_from(AuditWaitingRow)
    return session.execute(waiting.where(AuditWaitingRow.organization_id == organization_id)).scalar_one()


def _matching(organization_id: UUID, wanted: AuditFilter) -> Select[*tuple[Any, ...]]:
    return (
        select(
            AuditEventRow.id,
            AuditEventRow.at,
            AuditEventRow.recorded_at,
            AuditEventRow.actor_id,
            AuditEventRow.action,
            AuditEventRow.kind,
            AuditEventRow.object_id,
            AuditDetailRow.salt,
            AuditDetailRow.actor,
            AuditDetailRow.object_name,
            AuditDetailRow.changes,
            AuditLinkRow.position,
            AuditLinkRow.sha256,
        )
        .outerjoin(AuditDetailRow, AuditDetailRow.event_id == AuditEventRow.id)
        .outerjoin(AuditLinkRow, AuditLinkRow.event_id == AuditEventRow.id)
        .where(AuditEventRow.organization_id == organization_id, *_conditions(wanted))
        .order_by(AuditEventRow.at.desc(), AuditEventRow.id.desc())
    )


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    given: tuple[tuple[object, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.person.strip(), lambda value: AuditDetailRow.actor.icontains(value, autoescape=True)),
        (wanted.named.strip(), lambda value: AuditDetailRow.object_name.icontains(value, autoescape=True)),
        (wanted.action, lambda value: AuditEventRow.action == value),
        (wanted.kind, lambda value: AuditEventRow.kind == value),
        (wanted.object_id, lambda value: AuditEventRow.object_id == value),
        (wanted.since, lambda value: AuditEventRow.at >= value),
        (wanted.until, lambda value: AuditEventRow.at < value),
    )
    return [make(value) for value, make in given if value]


def _entry(row: Row[Any]) -> AuditEntry:
    changes = json.loads(row.changes) if row.changes else {}
    return AuditEntry(
        id=row.id,
        at=row.at,
        recorded_at=row.recorded_at,
        actor_id=row.actor_id,
        actor=row.actor or "",
        action=row.action,
        kind=row.kind,
        object_id=row.object_id,
        object_name=row.object_name or "",
        before=changes.get("before"),
        after=changes.get("after"),
        is_erased=row.salt is None,
        position=row.position,
        sha256=row.sha256,
    )


def _cursor(last: AuditEntry) -> str:
    return f"{last.at.isoformat()}~{last.id}"


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    at, _, event_id = cursor.partition("~")
    try:
        read = datetime.fromisoformat(at), UUID(event_id)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("This is not a cursor that a list gave out.", place="cursor") from error
    if read[0].tzinfo is None:
        raise InvalidInput("This is not a cursor that a list gave out.", place="cursor")
    return read
