"""What an organization may use and what it uses, counted in the database: right with any number of processes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables.quotas import QuotaRow, RequestCountRow
from core.domain.quota import Limits, Quota

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('quota:' || :id, 0))")
_USE = text("SELECT * FROM quota_use(:user_id, :now)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What counts against the limits of the transaction's organization."""

    schedules: int
    own_schedules: int  #: of one person
    starts: int  #: runs that people started in the last minute
    first_start: datetime | None  #: the oldest of them
    running: int
    stored_bytes: int
    requests: int  #: of one person in this minute


def lock(session: Session, organization_id: UUID) -> None:
    """Keep what is counted from here on as it is to the end of the transaction."""
    session.execute(_LOCK, {"id": str(organization_id)})


def load_usage(session: Session, user_id: UUID, *, now: datetime) -> Usage:
    """Return what is used; `session` sees the organization."""
    return Usage(**session.execute(_USE, {"user_id": user_id, "now": now}).mappings().one())


def load_own(session: Session, organization_id: UUID) -> dict[Quota, int | None]:
    """Return the limits that were set for an organization itself."""
    stored = session.execute(select(QuotaRow.limits).where(QuotaRow.organization_id == organization_id)).scalar()
    return {Quota(name): value for name, value in (stored or {}).items() if name in set(Quota)}


def put_own(session: Session, organization_id: UUID, limits: Limits) -> None:
    """Set the limits of an organization; those that are not named follow the installation."""
    values: dict[str, Any] = {"limits": {str(quota): value for quota, value in limits.items()}}
    statement = postgresql.insert(QuotaRow).values(organization_id=organization_id, **values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[QuotaRow.organization_id], set_={**values, "changed_at": func.now()}
        )
    )


def count_request(session: Session, organization_id: UUID, user_id: UUID, *, most: int, now: datetime) -> int | None:
    """Count a request of this minute and return how many there were; None, and nothing counted, past `most`."""
    minute = now.replace(second=0, microsecond=0)
    row = RequestCountRow
    statement = postgresql.insert(row).values(organization_id=organization_id, user_id=user_id, minute=minute, used=1)
    begins = row.minute != statement.excluded.minute
    counted = statement.on_conflict_do_update(
        index_elements=[row.organization_id, row.user_id],
        set_={"minute": statement.excluded.minute, "used": case((begins, 1), else_=row.used + 1)},
        where=begins | (row.used < most),
    )
    return session.execute(counted.returning(row.used)).scalar()
