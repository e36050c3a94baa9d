"""What can be asked and when: sources, datasets, reports with their versions, schedules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class SourceRow(Owned, Base):
    """A connection to data; `secrets` is encrypted and never read back by people."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    name: Mapped[str]
    kind: Mapped[str]
    connection: Mapped[dict[str, Any]]
    secrets: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DatasetRow(Owned, Base):
    """A dataset of the catalog; `content` holds its fields and time field as JSON."""

    __tablename__ = "datasets"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        ForeignKeyConstraint(
            ["organization_id", "source_id"], ["sources.organization_id", "sources.id"], ondelete="RESTRICT"
        ),
    )

    source_id: Mapped[UUID]
    name: Mapped[str]
    label: Mapped[str]
    content: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportRow(Owned, Base):
    """A report; what it asks is in its versions."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        ForeignKeyConstraint(["organization_id", "dataset_id"], ["datasets.organization_id", "datasets.id"]),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    dataset_id: Mapped[UUID]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    archived_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportVersionRow(Base):
    """One immutable version of a report's definition."""

    __tablename__ = "report_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "report_id"], ["reports.organization_id", "reports.id"], ondelete="CASCADE"
        ),
    )

    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    definition: Mapped[dict[str, Any]]
    definition_sha256: Mapped[str]
    saved_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ScheduleRow(Owned, Base):
    """A schedule. `next_run_at` is the only thing the planner looks for."""

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        ForeignKeyConstraint(["organization_id", "report_id"], ["reports.organization_id", "reports.id"]),
        Index("ix_schedules_due", "next_run_at", postgresql_where=text("is_active")),
    )

    report_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    config: Mapped[dict[str, Any]]
    recipients: Mapped[list[dict[str, Any]]]
    formats: Mapped[list[str]]
    email_subject: Mapped[str | None]
    email_body: Mapped[str | None]
    misfire: Mapped[str] = mapped_column(server_default="latest")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    next_run_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
