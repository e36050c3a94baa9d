"""Sources of one organization. Their secrets come and go encrypted, and only where they are asked for by name."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import SourceRow
from core.domain.dataset import Source
from core.errors import Conflict, NotFound

Connection = dict[str, str | int | bool]
#: What a source is made of; not its secrets.
SOURCE_COLUMNS = ("id", "organization_id", "name", "kind", "connection", "version", "updated_at")


def list_sources(session: Session) -> tuple[Source, ...]:
    """Return every source of the organization by name."""
    rows = session.execute(_select_sources().order_by(SourceRow.name)).mappings()
    return tuple(source_of(row) for row in rows)


def load_source(session: Session, source_id: UUID, *, lock: bool = False) -> Source:
    """Return a source without its secrets; raises NotFound. `lock`: nobody else changes it before the end."""
    statement = _select_sources().where(SourceRow.id == source_id)
    row = session.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise NotFound("This source does not exist, or you may not see it.", place="source_id")
    return source_of(row)


def sealed_secrets(session: Session, source_id: UUID) -> str | None:
    """Return a source's encrypted secrets; None where it has none or is not there."""
    return session.execute(select(SourceRow.secrets).where(SourceRow.id == source_id)).scalar_one_or_none()


def find_source_of_kind(session: Session, kind: str) -> Source | None:
    """Return the oldest source of a kind."""
    statement = _select_sources().where(SourceRow.kind == kind).order_by(SourceRow.created_at).limit(1)
    row = session.execute(statement).mappings().first()
    return None if row is None else source_of(row)


def lock_names(session: Session, organization_id: UUID) -> None:
    """Wait until nobody else names a source or dataset of the organization; the transaction's end lets them go on."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"names {organization_id}"}
    )


def organizations_without(session: Session, kind: str, edition: str) -> tuple[UUID, ...]:
    """Return the organizations that have no source of a kind in this edition, the oldest first."""
    found = text("SELECT * FROM organizations_without_source(:kind, :edition)")
    return tuple(session.execute(found, {"kind": kind, "edition": edition}).scalars())


def is_name_taken(session: Session, name: str, *, but: UUID | None = None) -> bool:
    """Whether another source of the organization than `but` is called `name`, whatever the case of its letters."""
    statement = select(SourceRow.id).where(func.lower(SourceRow.name) == func.lower(name))
    if but is not None:
        statement = statement.where(SourceRow.id != but)
    return session.execute(statement.limit(1)).first() is not None


def free_name(session: Session, name: str) -> str:
    """Return the name, numbered where another source has it."""
    number, free = 1, name
    while is_name_taken(session, free):
        number += 1
        free = f"{name} {number}"
    return free


def insert_source(session: Session, source: Source, sealed: str | None) -> UUID:
    """Create a source under its own id."""
    return session.execute(
        insert(SourceRow)
        .values(
            id=source.id,
            organization_id=source.organization_id,
            name=source.name,
            kind=source.kind,
            connection=source.connection,
            secrets=sealed,
        )
        .returning(SourceRow.id)
    ).scalar_one()


def update_source(session: Session, source: Source, sealed: str | None) -> None:
    """Write what follows `source.version`; raises Conflict where somebody else did so first."""
    changed = session.execute(
        update(SourceRow)
        .where(SourceRow.id == source.id, SourceRow.version == source.version)
        .values(
            name=source.name,
            kind=source.kind,
            connection=source.connection,
            secrets=sealed,
            version=source.version + 1,
            updated_at=func.now(),
        )
        .returning(SourceRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict


def delete_source(session: Session, source_id: UUID) -> None:
    """Remove a source that no dataset stands on."""
    session.execute(delete(SourceRow).where(SourceRow.id == source_id))


def put_source(session: Session, *, organization_id: UUID, name: str, kind: str, connection: Connection) -> UUID:
    """Create the source called `name`, or point it elsewhere; returns its id."""
    statement = postgresql.insert(SourceRow).values(
        organization_id=organization_id, name=name, kind=kind, connection=connection
    )
    return session.execute(
        statement.on_conflict_do_update(
            index_elements=[SourceRow.organization_id, SourceRow.name],
            set_={
                "kind": kind,
                "connection": connection,
                "version": SourceRow.version + 1,
                "updated_at": func.now(),
            },
        ).returning(SourceRow.id)
    ).scalar_one()


def _select_sources() -> Select[Any]:
    return select(*(getattr(SourceRow, name) for name in SOURCE_COLUMNS))


def source_of(row: Mapping[str, Any] | RowMapping) -> Source:
    """Return the source whose row has `SOURCE_COLUMNS`."""
    return Source(**row)
