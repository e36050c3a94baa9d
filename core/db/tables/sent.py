"""What went out: the bytes of each message, and every change of a delivery's state."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class SentCopyRow(Owned, Base):
    """The message of a delivery's newest attempt. `content` is encrypted: it holds links."""

    __tablename__ = "sent_copies"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), unique=True)
    #: When it was handed to the channel.
    at: Mapped[datetime]
    subject: Mapped[str]
    #: SHA-256 and size of the bytes that went over the wire; null where the channel sends files only.
    sha256: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    #: Those bytes without the files they carry, or the message as text where there are none.
    content: Mapped[str]
    files: Mapped[list[dict[str, Any]]]


class SentPartRow(Owned, Base):
    """A picture inside the messages of a run, kept once for all of them."""

    __tablename__ = "sent_parts"
    __table_args__ = (UniqueConstraint("run_id", "sha256"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DeliveryEventRow(Base):
    """One step of a delivery: the state it came to, in which attempt, and what was said."""

    __tablename__ = "delivery_events"
    __table_args__ = (Index("ix_delivery_events_delivery_id", "delivery_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    state: Mapped[str]
    attempt: Mapped[int]
    message: Mapped[str | None]
