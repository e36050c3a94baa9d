"""Dashboards of one organization and their immutable versions."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.shared_tables import DASHBOARDS, granted, hold, shared_columns
from core.db.tables import DashboardReportRow, DashboardRow, DashboardVersionRow, ReportRow, ScheduleRow, UserRow
from core.domain.dashboard import Dashboard, DashboardContent, DashboardVersion
from core.domain.dashboard_json import content_sha256, dump_content, parse_content
from core.domain.page import Page
from core.errors import Conflict, NotFound


def list_dashboards(session: Session, *, search: str, page: int, limit: int) -> Page[Dashboard]:
    """Return dashboards that are not archived and hold `search` in name or description, the newest change first."""
    conditions: list[ColumnElement[bool]] = [DashboardRow.archived_at.is_(None)]
    if search:
        conditions.append(
            DashboardRow.name.icontains(search, autoescape=True)
            | DashboardRow.description.icontains(search, autoescape=True)
        )
    total = session.execute(select(func.count()).select_from(DashboardRow).where(*conditions)).scalar_one()
    rows = session.execute(
        _select_dashboards()
        .where(*conditions)
        .order_by(DashboardRow.updated_at.desc(), DashboardRow.name, DashboardRow.id)
        .limit(limit)
        .offset((page - 1) * limit)
    ).mappings()
    return Page(items=tuple(_dashboard(row) for row in rows), total=total, page=page, limit=limit)


def load_dashboard(
    session: Session, dashboard_id: UUID, version: int | None = None, *, lock: bool = False
) -> Dashboard:
    """Return a dashboard at its newest version, or at `version`; raises NotFound.

    `lock`: nobody else changes, archives or schedules it before the transaction ends.
    """
    if lock:
        hold(session, DASHBOARDS, dashboard_id)
    statement = _select_dashboards(version).where(DashboardRow.id == dashboard_id, DashboardRow.archived_at.is_(None))
    row = session.execute(statement).mappings().first()
    if row is None:
        raise NotFound("This dashboard does not exist, or you may not see it.")
    return _dashboard(row)


def list_versions(session: Session, dashboard_id: UUID) -> tuple[DashboardVersion, ...]:
    """Return a dashboard's versions, the newest first."""
    rows = session.execute(
        select(
            DashboardVersionRow.version,
            DashboardVersionRow.saved_at,
            DashboardVersionRow.content,
            UserRow.name.label("saved_by"),
        )
        .join(UserRow, UserRow.id == DashboardVersionRow.saved_by)
        .where(DashboardVersionRow.dashboard_id == dashboard_id)
        .order_by(DashboardVersionRow.version.desc())
    ).mappings()
    return tuple(DashboardVersion(**{**row, "content": parse_content(row["content"])}) for row in rows)


def insert_dashboard(
    session: Session,
    *,
    organization_id: UUID,
    owner_id: UUID,
    name: str,
    description: str,
    content: DashboardContent,
) -> UUID:
    """Create a dashboard with version 1; returns its id."""
    dashboard_id = session.execute(
        insert(DashboardRow)
        .values(organization_id=organization_id, owner_id=owner_id, name=name, description=description, version=1)
        .returning(DashboardRow.id)
    ).scalar_one()
    _insert_version(session, organization_id, dashboard_id, 1, owner_id, content)
    return dashboard_id


def save_version(
    session: Session,
    dashboard: Dashboard,
    *,
    saved_by: UUID,
    name: str,
    description: str,
    content: DashboardContent,
) -> None:
    """Add the version after `dashboard.version`; raises Conflict where somebody else did so first."""
    changed = session.execute(
        update(DashboardRow)
        .where(DashboardRow.id == dashboard.id, DashboardRow.version == dashboard.version)
        .values(version=dashboard.version + 1, name=name, description=description, updated_at=func.now())
        .returning(DashboardRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict
    _insert_version(session, dashboard.organization_id, dashboard.id, dashboard.version + 1, saved_by, content)


def archive_dashboard(session: Session, dashboard_id: UUID) -> None:
    """Take a dashboard out of every list; its runs and files stay, and its reports are free."""
    session.execute(update(DashboardRow).where(DashboardRow.id == dashboard_id).values(archived_at=func.now()))
    session.execute(delete(DashboardReportRow).where(DashboardReportRow.dashboard_id == dashboard_id))


def names_of_schedules(session: Session, dashboard_id: UUID) -> tuple[str, ...]:
    """Return the names of the schedules that send a dashboard, paused ones included."""
    statement = select(ScheduleRow.name).where(ScheduleRow.dashboard_id == dashboard_id).order_by(ScheduleRow.name)
    return tuple(session.execute(statement).scalars())


def dataset_ids(session: Session, report_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return the datasets that reports ask."""
    statement = select(ReportRow.dataset_id).where(ReportRow.id.in_(report_ids))
    return frozenset(session.execute(statement).scalars())


def _insert_version(
    session: Session,
    organization_id: UUID,
    dashboard_id: UUID,
    version: int,
    saved_by: UUID,
    content: DashboardContent,
) -> None:
    session.execute(
        insert(DashboardVersionRow).values(
            organization_id=organization_id,
            dashboard_id=dashboard_id,
            version=version,
            saved_by=saved_by,
            content=dump_content(content),
            content_sha256=content_sha256(content),
        )
    )
    session.execute(delete(DashboardReportRow).where(DashboardReportRow.dashboard_id == dashboard_id))
    shown = [
        {"organization_id": organization_id, "dashboard_id": dashboard_id, "report_id": report_id}
        for report_id in sorted(content.report_ids)
    ]
    if shown:
        session.execute(insert(DashboardReportRow), shown)


def _select_dashboards(version: int | None = None) -> Select[Any]:
    wanted = DashboardRow.version if version is None else version
    return (
        select(
            DashboardRow.id,
            DashboardRow.organization_id,
            DashboardRow.owner_id,
            UserRow.name.label("owner_name"),
            DashboardRow.name,
            DashboardRow.description,
            DashboardVersionRow.version,
            DashboardVersionRow.content,
            DashboardVersionRow.content_sha256,
            DashboardRow.created_at,
            DashboardRow.updated_at,
            DashboardRow.visibility,
            DashboardRow.everyone,
            granted(DASHBOARDS).label("granted"),
        )
        .join(UserRow, UserRow.id == DashboardRow.owner_id)
        .join(
            DashboardVersionRow,
            (DashboardVersionRow.dashboard_id == DashboardRow.id) & (DashboardVersionRow.version == wanted),
        )
    )


def _dashboard(row: RowMapping) -> Dashboard:
    return Dashboard(**{**row, **shared_columns(row), "content": parse_content(row["content"])})
