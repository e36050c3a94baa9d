"""Mail of an organization: its server, the addresses it leaves alone, and the links with which people ask for that."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.suppression import SuppressionReason


class EmailConfigRow(Owned, Base):
    """An organization's mail server; `secrets` holds the password and the signing key, encrypted."""

    __tablename__ = "email_configs"
    __table_args__ = (UniqueConstraint("organization_id"),)

    preset: Mapped[str]
    host: Mapped[str]
    port: Mapped[int]
    security: Mapped[str]
    username: Mapped[str]
    sender: Mapped[str]
    secrets: Mapped[str | None]
    dkim_domain: Mapped[str | None]
    dkim_selector: Mapped[str | None]
    #: The public half, base64 of its DER form.
    dkim_public: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SuppressionRow(Owned, Base):
    """An address that is not written to; without a schedule, by nothing of the organization."""

    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("organization_id", "address", "schedule_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(one_of("reason", SuppressionReason), name="reason"),
        ForeignKeyConstraint(
            ["organization_id", "schedule_id"], ["schedules.organization_id", "schedules.id"], ondelete="CASCADE"
        ),
        Index("ix_suppressions_schedule_id", "schedule_id"),
    )

    #: Lower case: mail programs do not tell Ann@ from ann@.
    address: Mapped[str]
    schedule_id: Mapped[UUID | None]
    reason: Mapped[str]
    until: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class MailTokenRow(Owned, Base):
    """The link at the end of a mail, one for each address and schedule. Only the SHA-256 of its token is kept."""

    __tablename__ = "mail_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "schedule_id"],
            ["schedules.organization_id", "schedules.id"],
            # Who has an old mail can still say "everything".
            ondelete="SET NULL (schedule_id)",
        ),
        Index("ix_mail_tokens_schedule_id", "schedule_id"),
    )

    token_sha256: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    schedule_id: Mapped[UUID | None]
