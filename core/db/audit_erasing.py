"""Erasing a person from the audit: what was done stays and its chain holds, who and about whom is gone."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from core.db.audit_repository import record
from core.db.tables.audit import AuditDetailRow, AuditEventRow
from core.domain.audit import AuditEvent
from core.domain.audit_chain import ERASED

#: Ids in one event that says what was erased.
_AT_ONCE = 1_000


def erase_person(
    session: Session,
    organization_id: UUID,
    *,
    person_id: UUID | None,
    addresses: Collection[str],
    by: UUID,
    at: datetime,
) -> int:
    """Blank the details of every event by or about a person, or that names an address; returns how many.

    `session` sees the organization. Events say which ones it were, so that a check knows blank from removed.
    """
    found = _about(session, organization_id, person_id, addresses)
    for first in range(0, len(found), _AT_ONCE):
        some = found[first : first + _AT_ONCE]
        # Whoever erases is named by id alone: this event must outlive their own erasure.
        event = AuditEvent(
            actor_id=by,
            actor="",
            action=ERASED,
            kind="audit",
            object_id=None,
            object_name="",
            after={"events": [str(one) for one in some]},
        )
        record(session, organization_id, event, at=at)
        session.execute(text("SELECT erase_audit_details(:ids)"), {"ids": some})
    return len(found)


def _about(session: Session, organization_id: UUID, person_id: UUID | None, addresses: Collection[str]) -> list[UUID]:
    conditions = []
    if person_id is not None:
        conditions += [AuditEventRow.actor_id == person_id, AuditEventRow.object_id == person_id]
        conditions.append(AuditDetailRow.changes.contains(str(person_id)))
    for address in filter(None, addresses):
        for column in (AuditDetailRow.actor, AuditDetailRow.object_name, AuditDetailRow.changes):
            conditions.append(column.icontains(address, autoescape=True))
        conditions.append(AuditDetailRow.changes.icontains(json.dumps(address)[1:-1], autoescape=True))
    statement = (
        select(AuditDetailRow.event_id)
        .join(AuditEventRow, AuditEventRow.id == AuditDetailRow.event_id)
        .where(
            AuditEventRow.organization_id == organization_id,
            AuditEventRow.action != ERASED,
            AuditDetailRow.salt.is_not(None),
            or_(False, *conditions),
        )
    )
    return list(session.execute(statement).scalars())
