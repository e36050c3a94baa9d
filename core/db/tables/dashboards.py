"""Dashboards with their versions, and which reports the newest one of each shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class DashboardRow(Owned, Base):
    """A dashboard; what it shows is in its versions."""

    __tablename__ = "dashboards"
    __table_args__ = (UniqueConstraint("organization_id", "id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    archived_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DashboardVersionRow(Base):
    """One immutable version of what a dashboard shows."""

    __tablename__ = "dashboard_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "dashboard_id"], ["dashboards.organization_id", "dashboards.id"], ondelete="CASCADE"
        ),
    )

    dashboard_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    saved_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DashboardReportRow(Base):
    """A report that the newest version of a dashboard shows, so that nobody takes it away unawares."""

    __tablename__ = "dashboard_reports"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "dashboard_id"], ["dashboards.organization_id", "dashboards.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "report_id"], ["reports.organization_id", "reports.id"], ondelete="CASCADE"
        ),
        Index("ix_dashboard_reports_report_id", "report_id"),
    )

    dashboard_id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
