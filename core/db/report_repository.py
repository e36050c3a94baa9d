"""Reports of one organization and their immutable versions."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.library_repository import folder_and_below, report_columns
from core.db.report_filter import conditions, ordered
from core.db.shared_tables import REPORTS, granted, hold
from core.db.tables import ReportRow, ReportVersionRow, UserRow
from core.domain.definition import ReportDefinition
from core.domain.definition_json import definition_sha256, dump_definition, parse_definition
from core.domain.library import ReportFilter
from core.domain.page import Page
from core.domain.report import Report, ReportVersion
from core.errors import Conflict, NotFound


def list_reports(session: Session, wanted: ReportFilter, *, user_id: UUID, page: int, limit: int) -> Page[Report]:
    """Return reports with their newest definitions; `user_id` says whose favourites are meant."""
    inside = frozenset() if wanted.folder_id is None else folder_and_below(session, wanted.folder_id)
    where = conditions(wanted, inside, user_id)
    total = session.execute(select(func.count()).select_from(ReportRow).where(*where)).scalar_one()
    statement = ordered(_select_reports().where(*where), wanted.sort).limit(limit).offset((page - 1) * limit)
    return Page(
        items=tuple(_report(row) for row in session.execute(statement).mappings()), total=total, page=page, limit=limit
    )


def load_report(session: Session, report_id: UUID, version: int | None = None, *, lock: bool = False) -> Report:
    """Return a report at its newest version, or at `version`; raises NotFound.

    `lock`: nobody else changes, archives or schedules it before the transaction ends.
    """
    if lock:
        hold(session, REPORTS, report_id)
    statement = _select_reports(version).where(ReportRow.id == report_id, ReportRow.archived_at.is_(None))
    row = session.execute(statement).mappings().first()
    if row is None:
        raise NotFound("This report does not exist, or you may not see it.")
    return _report(row)


def list_versions(session: Session, report_id: UUID) -> tuple[ReportVersion, ...]:
    """Return a report's versions, the newest first."""
    rows = session.execute(
        select(
            ReportVersionRow.version,
            ReportVersionRow.saved_at,
            ReportVersionRow.definition,
            UserRow.name.label("saved_by"),
        )
        .join(UserRow, UserRow.id == ReportVersionRow.saved_by)
        .where(ReportVersionRow.report_id == report_id)
        .order_by(ReportVersionRow.version.desc())
    ).mappings()
    return tuple(ReportVersion(**{**row, "definition": parse_definition(row["definition"])}) for row in rows)


def insert_report(
    session: Session,
    *,
    organization_id: UUID,
    owner_id: UUID,
    name: str,
    description: str,
    definition: ReportDefinition,
) -> UUID:
    """Create a report with version 1; returns its id."""
    report_id = session.execute(
        insert(ReportRow)
        .values(
            organization_id=organization_id,
            owner_id=owner_id,
            dataset_id=definition.dataset_id,
            name=name,
            description=description,
            version=1,
        )
        .returning(ReportRow.id)
    ).scalar_one()
    _insert_version(session, organization_id, report_id, 1, owner_id, definition)
    return report_id


def save_version(
    session: Session,
    report: Report,
    *,
    saved_by: UUID,
    name: str,
    description: str,
    definition: ReportDefinition,
) -> None:
    """Add the version after `report.version`; raises Conflict where somebody else did so first."""
    changed = session.execute(
        update(ReportRow)
        .where(ReportRow.id == report.id, ReportRow.version == report.version)
        .values(
            version=report.version + 1,
            dataset_id=definition.dataset_id,
            name=name,
            description=description,
            updated_at=func.now(),
        )
        .returning(ReportRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict
    _insert_version(session, report.organization_id, report.id, report.version + 1, saved_by, definition)


def set_archived(session: Session, report_id: UUID, *, is_archived: bool) -> None:
    """Take a report out of every list but the archive's, or bring it back; its runs and files stay."""
    session.execute(
        update(ReportRow).where(ReportRow.id == report_id).values(archived_at=func.now() if is_archived else None)
    )


def delete_report(session: Session, report_id: UUID) -> None:
    """Take a report away for good. Its runs and files stay, and its row for those who may see them."""
    session.execute(
        update(ReportRow).where(ReportRow.id == report_id).values(archived_at=func.now(), deleted_at=func.now())
    )


def _insert_version(
    session: Session,
    organization_id: UUID,
    report_id: UUID,
    version: int,
    saved_by: UUID,
    definition: ReportDefinition,
) -> None:
    session.execute(
        insert(ReportVersionRow).values(
            organization_id=organization_id,
            report_id=report_id,
            version=version,
            saved_by=saved_by,
            definition=dump_definition(definition),
            definition_sha256=definition_sha256(definition),
        )
    )


def _select_reports(version: int | None = None) -> Select[Any]:
    wanted = ReportRow.version if version is None else version
    return (
        select(
            ReportRow.id,
            ReportRow.organization_id,
            ReportRow.owner_id,
            UserRow.name.label("owner_name"),
            ReportRow.name,
            ReportRow.description,
            ReportVersionRow.version,
            ReportVersionRow.definition,
            ReportVersionRow.definition_sha256,
            ReportRow.created_at,
            ReportRow.updated_at,
            ReportRow.visibility,
            ReportRow.everyone,
            granted(REPORTS).label("granted"),
            ReportRow.folder_id,
            ReportRow.tags,
        )
        .join(UserRow, UserRow.id == ReportRow.owner_id)
        .join(ReportVersionRow, (ReportVersionRow.report_id == ReportRow.id) & (ReportVersionRow.version == wanted))
    )


def _report(row: RowMapping) -> Report:
    return Report(**{**row, **report_columns(row), "definition": parse_definition(row["definition"])})
