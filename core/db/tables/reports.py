"""What can be asked and when: sources, datasets, reports with their versions, schedules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.library import Level, Visibility


class SourceRow(Owned, Base):
    """A connection to data; `secrets` is encrypted and never read back by people."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    name: Mapped[str]
    kind: Mapped[str]
    connection: Mapped[dict[str, Any]]
    secrets: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DatasetRow(Owned, Base):
    """A dataset of the catalog; `content` holds what its rows are made of, its fields and measures as JSON."""

    __tablename__ = "datasets"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        ForeignKeyConstraint(
            ["organization_id", "source_id"], ["sources.organization_id", "sources.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("files_days BETWEEN 1 AND 3650", name="files_days"),
    )

    source_id: Mapped[UUID]
    name: Mapped[str]
    label: Mapped[str]
    content: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    is_certified: Mapped[bool] = mapped_column(server_default=text("false"))
    #: When it was last compared with its source by itself.
    checked_at: Mapped[datetime | None]
    #: Which of its rows and fields exist for whom, as JSON; null: all of them for everybody.
    policy: Mapped[dict[str, Any] | None]
    policy_version: Mapped[int] = mapped_column(server_default=text("0"))
    #: Days after which files with its rows are deleted; null: as the installation keeps files.
    files_days: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportRow(Owned, Base):
    """A report; what it asks is in its versions."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        ForeignKeyConstraint(["organization_id", "dataset_id"], ["datasets.organization_id", "datasets.id"]),
        ForeignKeyConstraint(["organization_id", "folder_id"], ["folders.organization_id", "folders.id"]),
        CheckConstraint(one_of("visibility", Visibility), name="visibility"),
        CheckConstraint(one_of("everyone", Level), name="everyone"),
        Index(
            "ix_reports_recent",
            "organization_id",
            text("updated_at DESC"),
            postgresql_where=text("archived_at IS NULL"),
        ),
        Index("ix_reports_folder_id", "folder_id"),
        Index("ix_reports_owner_id", "owner_id"),
        Index("ix_reports_dataset_id", "dataset_id"),
        Index("ix_reports_tags", "tags", postgresql_using="gin"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    dataset_id: Mapped[UUID]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    folder_id: Mapped[UUID | None]
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'::text[]"))
    visibility: Mapped[str] = mapped_column(server_default="organization")
    #: What those who are no owner may do where everybody sees it: view or edit.
    everyone: Mapped[str] = mapped_column(server_default="edit")
    archived_at: Mapped[datetime | None]
    #: A deleted report is archived as well; it stays for the runs that speak of it.
    deleted_at: Mapped[datetime | None]
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


class ReportNoticeRow(Base):
    """A field that is gone from under a report. It goes when the field is back, so that its owner is told once."""

    __tablename__ = "report_notices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "report_id"], ["reports.organization_id", "reports.id"], ondelete="CASCADE"
        ),
        Index("ix_report_notices_untold", "next_attempt_at", postgresql_where=text("told_at IS NULL")),
    )

    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Name of the field in the dataset.
    field: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    found_at: Mapped[datetime]
    #: When the report's owner was written to.
    told_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    #: Null: nobody tries any more.
    next_attempt_at: Mapped[datetime | None]


class ScheduleRow(Owned, Base):
    """A schedule. `next_run_at` is the only thing the planner looks for."""

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        ForeignKeyConstraint(["organization_id", "report_id"], ["reports.organization_id", "reports.id"]),
        ForeignKeyConstraint(["organization_id", "dashboard_id"], ["dashboards.organization_id", "dashboards.id"]),
        CheckConstraint("num_nonnulls(report_id, dashboard_id) = 1", name="subject"),
        Index("ix_schedules_dashboard_id", "dashboard_id", postgresql_where=text("dashboard_id IS NOT NULL")),
        Index("ix_schedules_report_id", "report_id"),
        Index("ix_schedules_due", "next_run_at", postgresql_where=text("is_active")),
        Index("ix_schedules_resuming", "paused_until", postgresql_where=text("paused_until IS NOT NULL")),
        Index("ix_schedules_failing", "failing_since", postgresql_where=text("failing_since IS NOT NULL")),
        Index("ix_schedules_owner_id", "owner_id"),
    )

    #: Either a report or a dashboard is sent.
    report_id: Mapped[UUID | None]
    dashboard_id: Mapped[UUID | None]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    config: Mapped[dict[str, Any]]
    recipients: Mapped[list[dict[str, Any]]]
    #: Where its recipients stand in the data, instead of here.
    burst: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    formats: Mapped[list[str]]
    email_subject: Mapped[str | None]
    email_body: Mapped[str | None]
    #: Values for the report's parameters by name.
    report_parameters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: How its files are made.
    file_options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    misfire: Mapped[str] = mapped_column(server_default="latest")
    #: What must be true before anything is sent.
    terms: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: Whether its condition held the last time, for alerts that fire once until it recovers.
    is_alerting: Mapped[bool] = mapped_column(server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    #: A paused schedule resumes by itself then.
    paused_until: Mapped[datetime | None]
    paused_because: Mapped[str | None]
    #: When the departure of its owner paused it.
    owner_left_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    #: When its owner was written to about the failure.
    failure_told_at: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
