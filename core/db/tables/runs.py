"""What happened: the ledger of runs, their files, deliveries, and the daemons that work on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.delivery import DeliveryState
from core.domain.run import RunKind, RunState, RunStep

#: Of a run that nobody holds and that waits for no moment.
_READY = text("state IN ('pending', 'waiting') AND next_attempt_at IS NULL")


class RunRow(Owned, Base):
    """The ledger. Every write while running says `WHERE lease_token = :mine`."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        CheckConstraint(one_of("kind", RunKind), name="kind"),
        CheckConstraint(one_of("state", RunState), name="state"),
        CheckConstraint(one_of("step", RunStep), name="step"),
        Index("uq_runs_slot", "schedule_id", "scheduled_for", unique=True, postgresql_where=text("kind = 'scheduled'")),
        Index("ix_runs_unfinished", "state", "lease_until", postgresql_where=text("finished_at IS NULL")),
        Index("ix_runs_recent", "organization_id", text("created_at DESC")),
        Index("ix_runs_schedule_recent", "schedule_id", text("created_at DESC")),
        Index("ix_runs_schedule_logical", "schedule_id", text("logical_at DESC")),
        Index("ix_runs_line", text("priority DESC"), "turn", "created_at", "id", postgresql_where=_READY),
        Index("ix_runs_turns", "organization_id", "priority", "turn", postgresql_where=_READY),
        Index("ix_runs_put_off", "next_attempt_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_runs_report_recent",
            "report_id",
            text("created_at DESC"),
            postgresql_where=text("report_id IS NOT NULL"),
        ),
        Index("ix_runs_share_key", "share_key", postgresql_where=text("share_key IS NOT NULL")),
        Index(
            "ix_runs_failures",
            "finished_at",
            postgresql_where=text("kind = 'scheduled' AND state IN ('failed', 'partial') AND failure_noted_at IS NULL"),
        ),
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
    #: The values given for the definition's parameters, by name.
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: How its files are made.
    file_options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: How far the step at work is, renewed while it works.
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: The person under whose policies the rows are read.
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    #: What the run delivers, copied from the schedule when the run was made.
    recipients: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    #: Where its recipients stand in the data, copied from the schedule when the run was made.
    burst: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    formats: Mapped[list[str]]
    email_subject: Mapped[str | None]
    email_body: Mapped[str | None]
    #: What must be true before anything is sent, copied from the schedule when the run was made.
    terms: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    #: A small picture of its result, which later runs compare themselves with.
    fingerprint: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: Why it waits for its owner's approval.
    held_because: Mapped[str | None]
    #: Whether its data was older than its schedule wants.
    is_stale: Mapped[bool] = mapped_column(server_default=text("false"))
    #: Higher ones are taken first.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    #: Its place among those of its priority; an organization's runs take one turn after another.
    turn: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    #: The source it reads, for the limit of runs a source takes at one time.
    source_id: Mapped[UUID | None]
    #: Equal for runs that ask the same as the same person for the same moment.
    share_key: Mapped[str | None]
    #: Why it is not worked on, in words for people.
    waiting_for: Mapped[str | None]
    #: When a person said that its files stay.
    pinned_at: Mapped[datetime | None]
    #: When the people who wait for it were told that it is still being made.
    slow_told_at: Mapped[datetime | None]
    #: When the failure of a scheduled run was noted for its owner.
    failure_noted_at: Mapped[datetime | None]
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


class ArtifactRow(Owned, Base):
    """A stored file; unique per run, part and format."""

    __tablename__ = "artifacts"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        UniqueConstraint("run_id", "part_id", "format", postgresql_nulls_not_distinct=True),
        Index("ix_artifacts_part_id", "part_id", postgresql_where=text("part_id IS NOT NULL")),
        Index("ix_artifacts_storage_key", "storage_key", postgresql_where=text("deleted_at IS NULL")),
    )

    run_id: Mapped[UUID]
    #: The part of the result that it holds; null: all of it.
    part_id: Mapped[UUID | None] = mapped_column(ForeignKey("burst_parts.id", ondelete="CASCADE"))
    format: Mapped[str]
    file_name: Mapped[str]
    media_type: Mapped[str]
    store: Mapped[str]
    storage_key: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    manifest: Mapped[dict[str, Any]]
    #: When the file was removed after its time; the row stays.
    deleted_at: Mapped[datetime | None]


class DeliveryRow(Owned, Base):
    """The outbox: one row per run, channel, destination and address."""

    __tablename__ = "deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        UniqueConstraint("run_id", "channel", "destination_id", "address", postgresql_nulls_not_distinct=True),
        CheckConstraint(one_of("state", DeliveryState), name="state"),
        Index("ix_deliveries_open", "state", "next_attempt_at", postgresql_where=text("sent_at IS NULL")),
        Index(
            "ix_deliveries_unsettled",
            "run_id",
            postgresql_where=text("state IN ('pending', 'sending', 'retry', 'unknown')"),
        ),
        Index("ix_deliveries_reference", "reference"),
        Index("ix_deliveries_address", "organization_id", "address"),
        Index("ix_deliveries_recent", "organization_id", text("created_at DESC")),
    )

    run_id: Mapped[UUID]
    channel: Mapped[str]
    #: Null where the installation's own way is taken. The destination may be gone by now.
    destination_id: Mapped[UUID | None]
    address: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="to")
    #: What the recipient is called and which language they read, where a group or the data says so.
    recipient_name: Mapped[str] = mapped_column(server_default=text("''"))
    recipient_locale: Mapped[str] = mapped_column(server_default=text("''"))
    state: Mapped[str] = mapped_column(server_default="pending")
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    lease_token: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    response: Mapped[str | None]
    error_message: Mapped[str | None]
    reference: Mapped[str | None]


class DaemonRow(Base):
    """A daemon's heartbeat; `/readyz` looks for one that is young."""

    __tablename__ = "daemons"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    process_id: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
