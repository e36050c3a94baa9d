"""The audit's events about a person's own ways to sign in: they stand in every organization the person belongs to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.db import access_repository, audit_repository
from core.db.database import name_organization
from core.domain.audit import INSTALLATION, AuditEvent
from core.domain.sign_in import Visit


def tell(
    session: Session,
    action: str,
    *,
    user_id: UUID,
    email: str,
    at: datetime,
    visit: Visit | None = None,
    by: tuple[UUID, str] | None = None,
    **details: Any,
) -> None:
    """Record what happened to a person's account, done by themselves or `by` an administrator (id and address)."""
    actor_id, actor = by or (user_id, email)
    event = AuditEvent(
        actor_id=actor_id,
        actor=actor,
        action=action,
        kind=action.partition(".")[0],
        object_id=user_id,
        object_name=email,
        after=_told(visit, details),
    )
    for principal in access_repository.principals_of_user(session, user_id):
        name_organization(session, principal.organization_id)
        audit_repository.record(session, principal.organization_id, event, at=at)


def tell_unknown(session: Session, action: str, *, email: str, at: datetime, visit: Visit) -> None:
    """Record an attempt on an account that is not there; it is the installation's matter."""
    event = AuditEvent(
        actor_id=None,
        actor=email[:320],
        action=action,
        kind=action.partition(".")[0],
        object_id=None,
        object_name="",
        after=_told(visit, {}),
    )
    audit_repository.record(session, INSTALLATION, event, at=at)


def _told(visit: Visit | None, details: dict[str, Any]) -> dict[str, Any] | None:
    told = {**({"address": visit.address, "device": visit.device} if visit else {}), **details}
    return told or None
