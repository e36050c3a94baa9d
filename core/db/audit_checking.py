"""Walks a chain from its first link to its head and names the first that does not hold."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select, text
from sqlalchemy.orm import Session

from core.db.audit_linking import CHAINED, chained_event, load_head, lock_chain
from core.db.tables.audit import AuditDetailRow, AuditEventRow, AuditHeadRow, AuditLinkRow, AuditWaitingRow
from core.domain.audit_chain import ERASED, LATE_AT_MOST, START, ChainState, Link, detail_sha256, seal

_BATCH = 2_000
_EVER = datetime.min.replace(tzinfo=UTC)
_LINK = (AuditLinkRow.position, AuditLinkRow.event_id, AuditLinkRow.linked_at, AuditLinkRow.caught_up_at)
_DETAIL = (AuditDetailRow.salt, AuditDetailRow.actor, AuditDetailRow.object_name, AuditDetailRow.changes)
_ERASED_IDS = text("""
    SELECT jsonb_array_elements_text(d.changes::jsonb -> 'after' -> 'events')::uuid
    FROM audit_events e JOIN audit_details d ON d.event_id = e.id JOIN audit_links l ON l.event_id = e.id
    WHERE e.organization_id = :id AND e.action = :action AND d.salt IS NOT NULL
""")


class _BrokenError(Exception):
    """The chain does not hold; says where, in words."""


def organizations(session: Session) -> tuple[tuple[UUID, str], ...]:
    """Return every organization that has a chain or could have one, with its name; needs no organization context."""
    return tuple((row[0], row[1]) for row in session.execute(text("SELECT * FROM audit_chains()")))


def check_chain(session: Session, organization_id: UUID, name: str, *, key: str) -> ChainState:
    """Walk a chain while nobody links to it, in flat memory; `session` sees the organization's rows."""
    lock_chain(session, organization_id)
    whole = Link(
        organization_id=organization_id, position=0, event_id=None, linked_at=_EVER, caught_up_at=_EVER, sha256=START
    )
    try:
        erased = set(session.execute(_ERASED_IDS, {"id": organization_id, "action": ERASED}).scalars())
        for row in _links(session, organization_id):
            whole = _checked(row, whole, erased)
        _check_head(session, organization_id, whole, key)
        _check_unlinked(session, organization_id)
    except _BrokenError as error:
        return ChainState(organization=name, position=whole.position, sha256=whole.sha256, broken=str(error))
    waiting = (
        select(func.count()).select_from(AuditWaitingRow).where(AuditWaitingRow.organization_id == organization_id)
    )
    return ChainState(
        organization=name, position=whole.position, sha256=whole.sha256, waiting=session.execute(waiting).scalar_one()
    )


def _links(session: Session, organization_id: UUID) -> Iterator[Row[Any]]:
    wanted = (
        select(*_LINK, AuditLinkRow.sha256, *CHAINED, AuditDetailRow.event_id, *_DETAIL)
        .outerjoin(AuditEventRow, AuditEventRow.id == AuditLinkRow.event_id)
        .outerjoin(
            AuditDetailRow,
            and_(
                AuditDetailRow.event_id == AuditLinkRow.event_id,
                AuditDetailRow.organization_id == AuditLinkRow.organization_id,
            ),
        )
        .where(AuditLinkRow.organization_id == organization_id)
        .order_by(AuditLinkRow.position)
        .limit(_BATCH)
    )
    after = -1
    while rows := session.execute(wanted.where(AuditLinkRow.position > after)).all():
        yield from rows
        after = rows[-1][0]


def _checked(row: Row[Any], before: Link, erased: set[UUID]) -> Link:
    """The link of `row`, once it is seen to hold what `before` says; raises _BrokenError."""
    values: tuple[Any, ...] = tuple(row)
    position, event_id, linked_at, caught_up_at, sha256 = values[:5]
    chained, detail = values[5 : 5 + len(CHAINED)], values[5 + len(CHAINED) :]
    if position != before.position + 1:
        raise _BrokenError(f"Link {before.position + 1} is missing: the next one is link {position}.")
    if chained[0] is None:
        raise _BrokenError(f"Link {position}: its event {event_id} was removed.")
    event = chained_event(chained)
    expected = replace(before, caught_up_at=caught_up_at).follow(event, linked_at=linked_at)
    if expected.sha256 != sha256:
        raise _BrokenError(f"Link {position}: it, its event {event_id} or their order was changed.")
    _check_detail(position, event.id, event.detail_sha256, detail, erased)
    if event.recorded_at < caught_up_at - LATE_AT_MOST:
        raise _BrokenError(f"Link {position}: its event {event_id} was put in later than it says.")
    return expected


def _check_detail(position: int, event_id: UUID, digest: str, detail: Any, erased: set[UUID]) -> None:
    if detail[0] is None:
        raise _BrokenError(f"Link {position}: the detail of its event {event_id} was removed.")
    salt, actor, object_name, changes = detail[1:]
    if salt is None:
        if event_id not in erased or (actor, object_name, changes) != ("", "", ""):
            raise _BrokenError(f"Link {position}: the detail of its event {event_id} is gone, and no erasure says so.")
    elif detail_sha256(salt=salt, actor=actor, object_name=object_name, changes=changes) != digest:
        raise _BrokenError(f"Link {position}: the detail of its event {event_id} was changed.")


def _check_head(session: Session, organization_id: UUID, last: Link, key: str) -> None:
    head = load_head(session, organization_id)
    if head is None:
        if last.position:
            raise _BrokenError(f"The end of the chain is not kept any more; link {last.position} is the last one.")
        return
    if head.position != last.position:
        there = f"The chain ends at link {last.position}"
        raise _BrokenError(f"Link {min(head.position, last.position) + 1}: {there}, its kept end is {head.position}.")
    kept = session.execute(
        select(AuditHeadRow.seal).where(AuditHeadRow.organization_id == organization_id)
    ).scalar_one()
    if head.sha256 != last.sha256 or kept != seal(key, head):
        raise _BrokenError(f"Link {last.position}: the kept end of the chain was changed, or sealed with another key.")


def _check_unlinked(session: Session, organization_id: UUID) -> None:
    """Every event has its link or waits for it, and every detail its event."""
    for statement, words in (
        (_left_out(organization_id), "is in no link and waits for none: it was put in, or its link removed."),
        (_put_in_later(organization_id), "has no link although later ones have: it was put in later than it says."),
        (_gone(organization_id), "was removed before it got its link."),
        (_orphans(organization_id), "is gone, but its detail is there."),
    ):
        found = session.execute(statement.limit(1)).scalar()
        if found is not None:
            raise _BrokenError(f"Event {found} {words}")


def _left_out(organization_id: UUID) -> Select[UUID]:
    return select(AuditEventRow.id).where(
        AuditEventRow.organization_id == organization_id,
        ~select(AuditLinkRow.position).where(AuditLinkRow.event_id == AuditEventRow.id).exists(),
        ~select(AuditWaitingRow.number).where(AuditWaitingRow.event_id == AuditEventRow.id).exists(),
    )


def _put_in_later(organization_id: UUID) -> Select[UUID]:
    return (
        select(AuditEventRow.id)
        .join(AuditWaitingRow, AuditWaitingRow.event_id == AuditEventRow.id)
        .join(AuditHeadRow, AuditHeadRow.organization_id == AuditEventRow.organization_id)
        .where(
            AuditWaitingRow.organization_id == organization_id,
            AuditEventRow.recorded_at < AuditHeadRow.caught_up_at - LATE_AT_MOST,
        )
    )


def _gone(organization_id: UUID) -> Select[UUID]:
    return (
        select(AuditWaitingRow.event_id)
        .outerjoin(AuditEventRow, AuditEventRow.id == AuditWaitingRow.event_id)
        .where(AuditWaitingRow.organization_id == organization_id, AuditEventRow.id.is_(None))
    )


def _orphans(organization_id: UUID) -> Select[UUID]:
    return (
        select(AuditDetailRow.event_id)
        .outerjoin(AuditEventRow, AuditEventRow.id == AuditDetailRow.event_id)
        .where(AuditDetailRow.organization_id == organization_id, AuditEventRow.id.is_(None))
    )
