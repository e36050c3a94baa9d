"""Links events into the chain of their organization, in batches: what is done never waits for the chain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables.audit import AuditEventRow, AuditHeadRow, AuditLinkRow, AuditWaitingRow
from core.domain.audit_chain import START, ChainedEvent, Link, seal

#: The columns of an event that its digest is over.
CHAINED = tuple(getattr(AuditEventRow, name) for name in ChainedEvent.__dataclass_fields__)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('audit:' || :id, 0))")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('audit:' || :id, 0))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An event with the link that leads to it now."""

    event: ChainedEvent
    link: Link


def organizations_waiting(session: Session) -> tuple[UUID, ...]:
    """Return whose events wait for their links; needs no organization context."""
    return tuple(session.execute(text("SELECT audit_chains_waiting()")).scalars())


def lock_chain(session: Session, organization_id: UUID) -> None:
    """Keep the chain as it is to the end of the transaction; whatever is done goes on meanwhile."""
    session.execute(_LOCK, {"id": str(organization_id)})


def link_some(session: Session, organization_id: UUID, *, key: str, most: int) -> tuple[Linked, ...]:
    """Link up to `most` events that wait, in the order they came; none where somebody else is at it."""
    if not session.execute(_TRY_LOCK, {"id": str(organization_id)}).scalar():
        return ()
    now = session.execute(select(func.clock_timestamp())).scalar_one()
    head = load_head(session, organization_id)
    last = head or Link(
        organization_id=organization_id, position=0, event_id=None, linked_at=now, caught_up_at=now, sha256=START
    )
    numbers, events = _waiting(session, organization_id, most)
    if not numbers:
        return ()
    linked = []
    for event in events:
        last = last.follow(event, linked_at=now)
        linked.append(Linked(event=event, link=last))
    session.execute(insert(AuditLinkRow), [_link_values(one.link) for one in linked])
    session.execute(delete(AuditWaitingRow).where(AuditWaitingRow.number.in_(numbers)))
    caught_up_at = now if len(numbers) < most else last.caught_up_at
    _put_head(session, replace(last, caught_up_at=caught_up_at), key=key)
    return tuple(linked)


def load_head(session: Session, organization_id: UUID) -> Link | None:
    """Return the end of a chain as it is kept apart from the chain; None where no event was linked yet."""
    row = session.get(AuditHeadRow, organization_id, populate_existing=True)
    if row is None:
        return None
    return Link(
        organization_id=organization_id,
        position=row.position,
        event_id=None,
        linked_at=row.linked_at,
        caught_up_at=row.caught_up_at,
        sha256=row.sha256,
    )


def _waiting(session: Session, organization_id: UUID, most: int) -> tuple[list[int], list[ChainedEvent]]:
    """The numbers of waiting events, and the events. One that is gone or has its link stays, for a check to find."""
    has_link = select(AuditLinkRow.position).where(AuditLinkRow.event_id == AuditEventRow.id).exists()
    rows = session.execute(
        select(AuditWaitingRow.number, *CHAINED)
        .join(AuditEventRow, AuditEventRow.id == AuditWaitingRow.event_id)
        .where(AuditWaitingRow.organization_id == organization_id, ~has_link)
        .order_by(AuditWaitingRow.number)
        .limit(most)
    ).all()
    return [row[0] for row in rows], [chained_event(row[1:]) for row in rows]


def chained_event(values: Sequence[Any]) -> ChainedEvent:
    """Return the event that the columns `CHAINED` hold."""
    return ChainedEvent(**dict(zip(ChainedEvent.__dataclass_fields__, values, strict=True)))


def _link_values(link: Link) -> dict[str, Any]:
    return {name: getattr(link, name) for name in Link.__dataclass_fields__}


def _put_head(session: Session, head: Link, *, key: str) -> None:
    values = {name: getattr(head, name) for name in ("position", "sha256", "linked_at", "caught_up_at")}
    values["seal"] = seal(key, head)
    statement = postgresql.insert(AuditHeadRow).values(organization_id=head.organization_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[AuditHeadRow.organization_id], set_=values))
