"""Groups of recipients, who may receive reports, and the addresses that said yes to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.recipient_policy import RecipientRule


class GroupRow(Owned, Base):
    """A group of recipients."""

    __tablename__ = "groups"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("uq_groups_name", "organization_id", text("lower(name)"), unique=True),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default=text("''"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class GroupMemberRow(Owned, Base):
    """A member of a group: somebody of the organization, or an outside address with what it is called."""

    __tablename__ = "group_members"
    __table_args__ = (
        UniqueConstraint("group_id", "user_id", "address", postgresql_nulls_not_distinct=True),
        CheckConstraint("(user_id IS NULL) <> (address IS NULL)", name="one"),
        ForeignKeyConstraint(
            ["organization_id", "group_id"], ["groups.organization_id", "groups.id"], ondelete="CASCADE"
        ),
        Index("ix_group_members_organization_id_address", "organization_id", "address"),
        Index("ix_group_members_user_id", "user_id"),
    )

    group_id: Mapped[UUID]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    #: As mail travels to it, in lower case.
    address: Mapped[str | None]
    name: Mapped[str] = mapped_column(server_default=text("''"))
    locale: Mapped[str] = mapped_column(server_default=text("''"))


class RecipientPolicyRow(Owned, Base):
    """Who may receive reports of an organization; without a row, anyone."""

    __tablename__ = "recipient_policies"
    __table_args__ = (
        UniqueConstraint("organization_id"),
        CheckConstraint(one_of("rule", RecipientRule), name="rule"),
    )

    rule: Mapped[str]
    domains: Mapped[list[str]]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class VerifiedAddressRow(Owned, Base):
    """An address that was asked whether it wants reports. Only the SHA-256 of its newest link's token is kept."""

    __tablename__ = "verified_addresses"
    __table_args__ = (UniqueConstraint("organization_id", "address"), UniqueConstraint("token_sha256"))

    #: Lower case: mail programs do not tell Ann@ from ann@.
    address: Mapped[str]
    token_sha256: Mapped[str | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    times_asked: Mapped[int] = mapped_column(server_default=text("1"))
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
