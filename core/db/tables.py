"""The typed tables. States are text with a CHECK; every table with `organization_id` is under row-level security."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState, RunStep


def _one_of(column: str, values: type[RunKind] | type[RunState] | type[RunStep] | type[DeliveryState]) -> str:
    """SQL of a CHECK that keeps a text column inside a closed set."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Base(DeclarativeBase):
    """Declarative base with the naming convention that the migrations rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
        list[str]: ARRAY(Text()),
    }


class _Identified:
    """A UUID key and the moment of creation."""

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class _Owned(_Identified):
    """Belongs to an organization; `(organization_id, id)` is unique so that references cannot cross organizations."""

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))


class OrganizationRow(_Identified, Base):
    """An organization."""

    __tablename__ = "organizations"

    name: Mapped[str] = mapped_column(unique=True)
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class UserRow(_Identified, Base):
    """A person; may belong to several organizations. `email` is the sign-in, kept in lower case."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_sign_ins: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[datetime | None]


class RoleRow(_Owned, Base):
    """A named set of permissions inside an organization."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    name: Mapped[str]
    permissions: Mapped[list[str]]


class MembershipRow(Base):
    """A person's role in an organization."""

    __tablename__ = "memberships"
    __table_args__ = (ForeignKeyConstraint(["organization_id", "role_id"], ["roles.organization_id", "roles.id"]),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID]


class SessionRow(_Owned, Base):
    """A signed-in browser. Only the SHA-256 of the secret in its cookie is kept."""

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiTokenRow(_Owned, Base):
    """A personal API token. Only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SourceRow(_Owned, Base):
    """A connection to data; `secrets` is encrypted and never read back by people."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))

    name: Mapped[str]
    kind: Mapped[str]
    connection: Mapped[dict[str, Any]]
    secrets: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DatasetRow(_Owned, Base):
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


class ReportRow(_Owned, Base):
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


class ScheduleRow(_Owned, Base):
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


class RunRow(_Owned, Base):
    """The ledger. Every write while running says `WHERE lease_token = :mine`."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        CheckConstraint(_one_of("kind", RunKind), name="kind"),
        CheckConstraint(_one_of("state", RunState), name="state"),
        CheckConstraint(_one_of("step", RunStep), name="step"),
        Index("uq_runs_slot", "schedule_id", "scheduled_for", unique=True, postgresql_where=text("kind = 'scheduled'")),
        Index("ix_runs_unfinished", "state", "lease_until", postgresql_where=text("finished_at IS NULL")),
        Index("ix_runs_recent", "organization_id", text("created_at DESC")),
        Index("ix_runs_schedule_recent", "schedule_id", text("created_at DESC")),
    )

    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="pending")
    step: Mapped[str] = mapped_column(server_default="created")
    #: Null where the schedule was deleted since; the run stays.
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedules.id", ondelete="SET NULL"))
    #: Null for the export of a draft that was never saved.
    report_id: Mapped[UUID | None]
    report_version: Mapped[int | None]
    title: Mapped[str]
    #: The definition this run executes, copied when it was made: later saves do not touch it.
    definition: Mapped[dict[str, Any]]
    definition_sha256: Mapped[str]
    #: The person under whose policies the rows are read.
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    #: What the run delivers, copied from the schedule when the run was made.
    recipients: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    formats: Mapped[list[str]]
    email_subject: Mapped[str | None]
    email_body: Mapped[str | None]
    logical_at: Mapped[datetime]
    scheduled_for: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease_until: Mapped[datetime | None]
    #: The result's head as JSON once step is `queried`; its rows are spooled in the data folder.
    result_head: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    rows_matched: Mapped[int | None] = mapped_column(BigInteger)
    rows_delivered: Mapped[int | None] = mapped_column(BigInteger)
    query_s: Mapped[float | None]
    render_s: Mapped[float | None]
    deliver_s: Mapped[float | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]


class RunEventRow(Base):
    """One line of a run's timeline."""

    __tablename__ = "run_events"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        Index("ix_run_events_run_id", "run_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    organization_id: Mapped[UUID]
    run_id: Mapped[UUID]
    at: Mapped[datetime]
    name: Mapped[str]
    message: Mapped[str]


class ArtifactRow(_Owned, Base):
    """A stored file; unique per run and format."""

    __tablename__ = "artifacts"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        UniqueConstraint("run_id", "format"),
    )

    run_id: Mapped[UUID]
    format: Mapped[str]
    file_name: Mapped[str]
    media_type: Mapped[str]
    store: Mapped[str]
    storage_key: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    manifest: Mapped[dict[str, Any]]


class DeliveryRow(_Owned, Base):
    """The outbox: one row per run, channel and address."""

    __tablename__ = "deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        UniqueConstraint("run_id", "channel", "address"),
        CheckConstraint(_one_of("state", DeliveryState), name="state"),
        Index("ix_deliveries_open", "state", "next_attempt_at", postgresql_where=text("sent_at IS NULL")),
    )

    run_id: Mapped[UUID]
    channel: Mapped[str]
    address: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="to")
    state: Mapped[str] = mapped_column(server_default="pending")
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    response: Mapped[str | None]
    error_message: Mapped[str | None]
    reference: Mapped[str | None]


class DownloadLinkRow(_Owned, Base):
    """A signed link to an artifact. Only the SHA-256 of its token is kept."""

    __tablename__ = "download_links"

    artifact_id: Mapped[UUID] = mapped_column(ForeignKey("artifacts.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class DaemonRow(Base):
    """A daemon's heartbeat; `/readyz` looks for one that is young."""

    __tablename__ = "daemons"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    process_id: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
