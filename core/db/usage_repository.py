"""What stands on a dataset: its reports with their newest definition, and the schedules that send them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.db.tables import ReportRow, ReportVersionRow, ScheduleRow, UserRow
from core.domain.catalog import ScheduleUse
from core.domain.definition import ReportDefinition
from core.domain.definition_json import parse_definition


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOnDataset:
    """A report that is not archived, at its newest version."""

    id: UUID
    name: str
    owner_id: UUID
    owner: str
    owner_email: str
    definition: ReportDefinition


def reports_on(session: Session, dataset_id: UUID) -> tuple[ReportOnDataset, ...]:
    """Return the reports on a dataset by name."""
    rows = session.execute(
        select(
            ReportRow.id,
            ReportRow.name,
            ReportRow.owner_id,
            UserRow.name.label("owner"),
            UserRow.email.label("owner_email"),
            ReportVersionRow.definition,
        )
        .join(UserRow, UserRow.id == ReportRow.owner_id)
        .join(
            ReportVersionRow,
            (ReportVersionRow.report_id == ReportRow.id) & (ReportVersionRow.version == ReportRow.version),
        )
        .where(ReportRow.dataset_id == dataset_id, ReportRow.archived_at.is_(None))
        .order_by(ReportRow.name, ReportRow.id)
    ).mappings()
    return tuple(ReportOnDataset(**_parsed(dict(row))) for row in rows)


def report_counts(session: Session) -> dict[UUID, int]:
    """Return how many reports that are not archived stand on each dataset."""
    rows = session.execute(
        select(ReportRow.dataset_id, func.count()).where(ReportRow.archived_at.is_(None)).group_by(ReportRow.dataset_id)
    )
    return {dataset_id: count for dataset_id, count in rows}  # noqa: C416 - rows are no pairs to mypy


def archived_on(session: Session, dataset_id: UUID) -> tuple[str, ...]:
    """Return the names of the reports on a dataset that are in the archive, from where they can come back."""
    statement = select(ReportRow.name).where(
        ReportRow.dataset_id == dataset_id, ReportRow.archived_at.is_not(None), ReportRow.deleted_at.is_(None)
    )
    return tuple(session.execute(statement.order_by(ReportRow.name)).scalars())


def purge_deleted(session: Session, dataset_id: UUID) -> None:
    """Forget the deleted reports on a dataset; their runs and files stay, with the definitions they ran."""
    session.execute(delete(ReportRow).where(ReportRow.dataset_id == dataset_id, ReportRow.deleted_at.is_not(None)))


def schedules_of(session: Session, report_ids: list[UUID]) -> tuple[ScheduleUse, ...]:
    """Return the schedules that send any of the reports, by name."""
    rows = session.execute(
        select(ScheduleRow.id, ScheduleRow.name, ScheduleRow.report_id, ScheduleRow.is_active)
        .where(ScheduleRow.report_id.in_(report_ids))
        .order_by(ScheduleRow.name, ScheduleRow.id)
    ).mappings()
    return tuple(ScheduleUse(**row) for row in rows)


def _parsed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "definition": parse_definition(row["definition"])}
