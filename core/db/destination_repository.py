"""Destinations of one organization; secrets stay encrypted here."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from core.db.tables import DestinationRow, RunRow, ScheduleRow
from core.domain.destination import Destination
from core.errors import Conflict, NotFound


def list_destinations(session: Session, *, channel: str | None = None) -> tuple[Destination, ...]:
    """Return the destinations by name, those of one channel if it is given."""
    statement = _select_destinations().order_by(func.lower(DestinationRow.name), DestinationRow.id)
    if channel is not None:
        statement = statement.where(DestinationRow.channel == channel)
    return tuple(_destination(row) for row in session.execute(statement).mappings())


def load_destination(session: Session, destination_id: UUID, *, lock: bool = False) -> Destination:
    """Return one destination; raises NotFound. `lock`: nobody changes or deletes it before the transaction ends."""
    statement = _select_destinations().where(DestinationRow.id == destination_id)
    row = session.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise NotFound("This destination does not exist, or you may not see it.")
    return _destination(row)


def hold_destinations(session: Session, ids: frozenset[UUID]) -> dict[UUID, str]:
    """Return the channel of each destination there is, none of which is deleted before the transaction ends."""
    statement = select(DestinationRow.id, DestinationRow.channel).where(DestinationRow.id.in_(ids))
    rows = (
        session.execute(statement.order_by(DestinationRow.id).with_for_update(read=True, key_share=True)) if ids else ()
    )
    return {row.id: row.channel for row in rows}


def sealed_secrets(session: Session, destination_id: UUID) -> str | None:
    """Return the encrypted secrets."""
    return session.execute(
        select(DestinationRow.secrets).where(DestinationRow.id == destination_id)
    ).scalar_one_or_none()


def is_name_taken(session: Session, name: str, *, but: UUID | None = None) -> bool:
    """Whether another destination is called that; capitals make no difference."""
    statement = select(DestinationRow.id).where(func.lower(DestinationRow.name) == name.lower())
    if but is not None:
        statement = statement.where(DestinationRow.id != but)
    return session.execute(statement.limit(1)).first() is not None


def insert_destination(session: Session, destination: Destination, sealed: str | None) -> None:
    """Create a destination under its own id."""
    session.execute(
        insert(DestinationRow).values(
            id=destination.id,
            organization_id=destination.organization_id,
            channel=destination.channel,
            name=destination.name,
            settings=destination.settings,
            secrets=sealed,
        )
    )


def update_destination(session: Session, destination: Destination, sealed: str | None) -> None:
    """Write what follows `destination.version`; raises Conflict where somebody else did so first."""
    changed = session.execute(
        update(DestinationRow)
        .where(DestinationRow.id == destination.id, DestinationRow.version == destination.version)
        .values(
            name=destination.name,
            settings=destination.settings,
            secrets=sealed,
            version=destination.version + 1,
            updated_at=func.now(),
        )
        .returning(DestinationRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict


def delete_destination(session: Session, destination_id: UUID) -> None:
    """Remove a destination that nothing is sent to."""
    session.execute(delete(DestinationRow).where(DestinationRow.id == destination_id))


def schedules_using(session: Session, destination_id: UUID) -> tuple[str, ...]:
    """Return the names of the schedules that send there, paused ones included."""
    wanted = cast([{"destination_id": str(destination_id)}], JSONB)
    statement = select(ScheduleRow.name).where(ScheduleRow.recipients.op("@>")(wanted)).order_by(ScheduleRow.name)
    return tuple(session.execute(statement).scalars())


def runs_using(session: Session, destination_id: UUID) -> int:
    """Return how many runs are on their way there."""
    wanted = cast([{"destination_id": str(destination_id)}], JSONB)
    statement = select(func.count()).select_from(RunRow)
    return session.execute(
        statement.where(RunRow.finished_at.is_(None), RunRow.recipients.op("@>")(wanted))
    ).scalar_one()


def _select_destinations() -> Select[Any]:
    return select(
        DestinationRow.id,
        DestinationRow.organization_id,
        DestinationRow.channel,
        DestinationRow.name,
        DestinationRow.settings,
        DestinationRow.version,
        DestinationRow.created_at,
        DestinationRow.updated_at,
    )


def _destination(row: RowMapping) -> Destination:
    return Destination(**row)
