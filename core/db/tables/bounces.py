"""Bounces, and how the services that report them are known."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.bounce import BounceKind


class BounceRow(Owned, Base):
    """One piece of news about one recipient; each is taken once."""

    __tablename__ = "bounces"
    __table_args__ = (
        UniqueConstraint("organization_id", "provider", "event_id"),
        CheckConstraint(one_of("kind", BounceKind), name="kind"),
        Index("ix_bounces_delivery_id", "delivery_id"),
    )

    provider: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str]
    reason: Mapped[str]
    happened_at: Mapped[datetime]
    delivery_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id", ondelete="SET NULL"))


class BounceIntakeRow(Owned, Base):
    """A mail service of an organization; `secrets` is encrypted."""

    __tablename__ = "bounce_intakes"
    __table_args__ = (UniqueConstraint("organization_id", "provider"),)

    provider: Mapped[str]
    #: Part of the address the service is given; a new one ends the old address.
    version: Mapped[int] = mapped_column(server_default=text("1"))
    secrets: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
