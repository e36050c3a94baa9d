"""Datasets of one organization."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.tables import DatasetRow, SourceRow
from core.domain.catalog import WORKSPACE_KIND
from core.domain.data_policy_models import load_policy
from core.domain.dataset import Dataset
from core.domain.dataset_json import dump_content, load_dataset
from core.errors import Conflict, NotFound

#: What a dataset is made of.
DATASET_COLUMNS = (
    "id",
    "organization_id",
    "source_id",
    "name",
    "label",
    "content",
    "is_certified",
    "version",
    "updated_at",
    "policy",
)


def list_datasets(session: Session, *, source_id: UUID | None = None) -> tuple[Dataset, ...]:
    """Return every dataset of the organization, or of one source, by label; the workspace's own come last."""
    own = SourceRow.kind == WORKSPACE_KIND
    statement = (
        _select_datasets()
        .join(SourceRow, SourceRow.id == DatasetRow.source_id)
        .order_by(own, DatasetRow.label, DatasetRow.id)
    )
    if source_id is not None:
        statement = statement.where(DatasetRow.source_id == source_id)
    return tuple(dataset_of(row) for row in session.execute(statement).mappings())


def load_one_dataset(session: Session, dataset_id: UUID, *, lock: bool = False) -> Dataset:
    """Return a dataset; raises NotFound. `lock`: nobody else changes it before the transaction ends."""
    statement = _select_datasets().where(DatasetRow.id == dataset_id)
    row = session.execute(statement.with_for_update(of=DatasetRow) if lock else statement).mappings().first()
    if row is None:
        raise NotFound("This dataset does not exist, or you may not see it.", place="dataset_id")
    return dataset_of(row)


def labels_by_source(session: Session, source_id: UUID) -> tuple[str, ...]:
    """Return the labels of the datasets that stand on a source."""
    statement = select(DatasetRow.label).where(DatasetRow.source_id == source_id).order_by(DatasetRow.label)
    return tuple(session.execute(statement).scalars())


def taken_names(session: Session, *, but: UUID) -> frozenset[str]:
    """Return the names of the organization's other datasets."""
    return frozenset(session.execute(select(DatasetRow.name).where(DatasetRow.id != but)).scalars())


def is_label_taken(session: Session, label: str, *, but: UUID) -> bool:
    """Whether another dataset of the organization is called `label`, whatever the case of its letters."""
    statement = select(DatasetRow.id).where(func.lower(DatasetRow.label) == func.lower(label), DatasetRow.id != but)
    return session.execute(statement.limit(1)).first() is not None


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
            is_certified=dataset.is_certified,
        )
        .returning(DatasetRow.id)
    ).scalar_one()


def update_dataset(session: Session, dataset: Dataset) -> None:
    """Write what follows `dataset.version`; raises Conflict where somebody else did so first."""
    changed = session.execute(
        update(DatasetRow)
        .where(DatasetRow.id == dataset.id, DatasetRow.version == dataset.version)
        .values(
            source_id=dataset.source_id,
            name=dataset.name,
            label=dataset.label,
            content=dump_content(dataset),
            is_certified=dataset.is_certified,
            version=dataset.version + 1,
            updated_at=func.now(),
        )
        .returning(DatasetRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict


def delete_dataset(session: Session, dataset_id: UUID) -> None:
    """Remove a dataset that no report stands on."""
    session.execute(delete(DatasetRow).where(DatasetRow.id == dataset_id))


def set_certified(session: Session, dataset_id: UUID, *, is_certified: bool) -> None:
    """Write whether somebody vouches for a dataset; its version stays, for it answers as before."""
    session.execute(update(DatasetRow).where(DatasetRow.id == dataset_id).values(is_certified=is_certified))


def mark_checked(session: Session, dataset_id: UUID, at: datetime) -> None:
    """Note when a dataset was compared with its source."""
    session.execute(update(DatasetRow).where(DatasetRow.id == dataset_id).values(checked_at=at))


def check_soon(session: Session, dataset_id: UUID) -> None:
    """Have a dataset compared with its source with the next look."""
    mark_checked(session, dataset_id, datetime.fromtimestamp(0, UTC))


def _select_datasets() -> Select[Any]:
    return select(*(getattr(DatasetRow, name) for name in DATASET_COLUMNS))


def dataset_of(row: Mapping[str, Any] | RowMapping) -> Dataset:
    """Return the dataset whose row has `DATASET_COLUMNS`."""
    loaded = load_dataset(
        row["content"],
        dataset_id=row["id"],
        organization_id=row["organization_id"],
        source_id=row["source_id"],
        name=row["name"],
        label=row["label"],
        version=row["version"],
        updated_at=row["updated_at"],
    )
    return replace(loaded, is_certified=row["is_certified"], policy=load_policy(row["policy"]))
