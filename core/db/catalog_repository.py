"""Sources and datasets of one organization."""

from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import DatasetRow, SourceRow
from core.domain.dataset import Dataset, Source
from core.domain.dataset_json import dump_content, load_dataset
from core.errors import NotFound


def list_datasets(session: Session) -> tuple[Dataset, ...]:
    """Return every dataset of the organization by label."""
    return tuple(_dataset(row) for row in session.execute(_select_datasets().order_by(DatasetRow.label)))


def load_one_dataset(session: Session, dataset_id: UUID) -> Dataset:
    """Return a dataset; raises NotFound."""
    row = session.execute(_select_datasets().where(DatasetRow.id == dataset_id)).first()
    if row is None:
        raise NotFound("This dataset does not exist, or you may not see it.", place="dataset_id")
    return _dataset(row)


def list_sources(session: Session) -> tuple[Source, ...]:
    """Return every source of the organization by name."""
    rows = session.execute(_select_sources().order_by(SourceRow.name))
    return tuple(_source(row) for row in rows)


def load_source(session: Session, source_id: UUID) -> Source:
    """Return a source without its secrets; raises NotFound."""
    row = session.execute(_select_sources().where(SourceRow.id == source_id)).first()
    if row is None:
        raise NotFound("This source does not exist, or you may not see it.")
    return _source(row)


def put_source(session: Session, *, organization_id: UUID, name: str, kind: str, connection: dict[str, str]) -> UUID:
    """Create the source called `name`, or point it elsewhere; returns its id."""
    statement = postgresql.insert(SourceRow).values(
        organization_id=organization_id, name=name, kind=kind, connection=connection
    )
    return session.execute(
        statement.on_conflict_do_update(
            index_elements=[SourceRow.organization_id, SourceRow.name],
            set_={"kind": kind, "connection": connection, "updated_at": func.now()},
        ).returning(SourceRow.id)
    ).scalar_one()


def insert_dataset(session: Session, dataset: Dataset) -> UUID:
    """Create a dataset; returns its id, which is the dataset's own."""
    return session.execute(
        insert(DatasetRow)
        .values(
            id=dataset.id,
            organization_id=dataset.organization_id,
            source_id=dataset.source_id,
            name=dataset.name,
            label=dataset.label,
            content=dump_content(dataset),
        )
        .returning(DatasetRow.id)
    ).scalar_one()


def _select_datasets() -> Select[UUID, UUID, UUID, str, str, dict[str, object]]:
    return select(
        DatasetRow.id,
        DatasetRow.organization_id,
        DatasetRow.source_id,
        DatasetRow.name,
        DatasetRow.label,
        DatasetRow.content,
    )


def _dataset(row: Row[UUID, UUID, UUID, str, str, dict[str, object]]) -> Dataset:
    return load_dataset(
        row.content,
        dataset_id=row.id,
        organization_id=row.organization_id,
        source_id=row.source_id,
        name=row.name,
        label=row.label,
    )


def _select_sources() -> Select[UUID, UUID, str, str, dict[str, object]]:
    return select(SourceRow.id, SourceRow.organization_id, SourceRow.name, SourceRow.kind, SourceRow.connection)


def _source(row: Row[UUID, UUID, str, str, dict[str, object]]) -> Source:
    return Source(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        kind=row.kind,
        connection=row.connection,
    )
