"""Recording what was done, in the transaction that does it. The chain is linked elsewhere, a moment later."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, overload
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.domain.access import Principal
from core.domain.audit import INSTALLATION, AuditEvent, plain
from core.domain.audit_chain import detail_sha256

Thing = TypeVar("Thing")
#: One statement, for it stands in the transactions of everything that is done. `json` and not `jsonb` on the way: the
#: digest is of the very characters.
_RECORD = text("""
    WITH given AS (
        SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS given (
            id uuid, at timestamptz, actor_id uuid, action text, kind text, object_id uuid, detail_sha256 text,
            salt text, actor text, object_name text, changes text)
    ), details AS (
        INSERT INTO audit_details (event_id, organization_id, salt, actor, object_name, changes)
        SELECT id, :organization, salt, actor, object_name, changes FROM given
    ), waiting AS (
        INSERT INTO audit_waiting (organization_id, event_id) SELECT :organization, id FROM given
    )
    INSERT INTO audit_events (id, organization_id, at, actor_id, action, kind, object_id, detail_sha256)
    SELECT id, :organization, coalesce(at, clock_timestamp()), actor_id, action, kind, object_id, detail_sha256
    FROM given
""")


@overload
def note(
    session: Session,
    principal: Principal,
    action: str,
    *,
    before: object = None,
    after: Thing,
    object_id: UUID | None = None,
    name: str | None = None,
) -> Thing: ...


@overload
def note(
    session: Session,
    principal: Principal,
    action: str,
    *,
    before: object = None,
    object_id: UUID | None = None,
    name: str | None = None,
) -> None: ...


def note(
    session: Session,
    principal: Principal,
    action: str,
    *,
    before: object = None,
    after: object = None,
    object_id: UUID | None = None,
    name: str | None = None,
) -> object:
    """Record a change that `principal` makes, by the database's clock; returns `after`, so that it wraps a `return`.

    `before` and `after` are domain values or mappings, cleaned of secrets here. The object is what they are of.
    """
    event = AuditEvent.change(principal, action, before=before, after=after, object_id=object_id, name=name)
    record(session, principal.organization_id, event)
    return after


def record(session: Session, organization_id: UUID | None, event: AuditEvent, *, at: datetime | None = None) -> UUID:
    """Record one event; returns its id. Without an organization it is the installation's.

    `at` is when it was done; without it the database's clock says so.
    """
    return record_all(session, organization_id, [event], at=at)[0]


def record_all(
    session: Session, organization_id: UUID | None, events: Sequence[AuditEvent], *, at: datetime | None = None
) -> tuple[UUID, ...]:
    """Record events that belong together; returns their ids."""
    if not events:
        return ()
    owner = organization_id or INSTALLATION
    rows = [_row(event, at) for event in events]
    session.execute(_RECORD, {"organization": owner, "rows": json.dumps(rows)})
    return tuple(UUID(row["id"]) for row in rows)


def _row(event: AuditEvent, at: datetime | None) -> dict[str, Any]:
    changes = {"before": plain(event.before), "after": plain(event.after)}
    told = {
        "salt": secrets.token_hex(16),
        "actor": plain(event.actor),
        "object_name": plain(event.object_name),
        "changes": json.dumps({name: value for name, value in changes.items() if value is not None}, allow_nan=False),
    }
    return {
        "id": str(uuid4()),
        "at": at and at.isoformat(),
        "actor_id": event.actor_id and str(event.actor_id),
        "action": event.action,
        "kind": event.kind,
        "object_id": event.object_id and str(event.object_id),
        "detail_sha256": detail_sha256(**told),
        **told,
    }
