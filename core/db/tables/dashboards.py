"""Dashboards with their versions, which reports the newest one of each shows, and whom each is shared with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.library import Level, Visibility


class DashboardRow(Owned, Base):
    """A dashboard; what it shows is in its versions."""

    __tablename__ = "dashboards"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        CheckConstraint(one_of("visibility", Visibility), name="visibility"),
        CheckConstraint(one_of("everyone", Level), name="everyone"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    archived_at: Mapped[datetime | None]
    visibility: Mapped[str] = mapped_column(server_default=text("'organization'"))
    everyone: Mapped[str] = mapped_column(server_default=text("'edit'"))
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


class DashboardGrantRow(Owned, Base):
    """What a person or the people of a group may do with a dashboard that is shared with them."""

    __tablename__ = "dashboard_grants"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (group_id IS NULL)", name="one"),
        CheckConstraint(one_of("level", Level), name="level"),
        UniqueConstraint("dashboard_id", "user_id", "group_id", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["organization_id", "dashboard_id"], ["dashboards.organization_id", "dashboards.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "group_id"], ["groups.organization_id", "groups.id"], ondelete="CASCADE"
        ),
        Index("ix_dashboard_grants_user_id", "user_id"),
        Index("ix_dashboard_grants_group_id", "group_id"),
    )

    dashboard_id: Mapped[UUID]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    group_id: Mapped[UUID | None]
    level: Mapped[str]
