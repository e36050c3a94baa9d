"""The audit: what was done, who and what it was about, and the chain that both hang on.

An organization's id may be the installation's here, and an organization that is gone keeps its audit: nothing refers
to another table.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base


class AuditEventRow(Base):
    """One thing that was done; never changed, never removed."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_organization_id_at_id", "organization_id", "at", "id"),
        Index("ix_audit_events_organization_id_action", "organization_id", "action"),
        Index("ix_audit_events_object_id", "object_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    kind: Mapped[str]
    object_id: Mapped[UUID | None]
    #: Of the detail, so that the chain still holds once that is erased.
    detail_sha256: Mapped[str]


class AuditDetailRow(Base):
    """The part of an event that can speak of a person, and that is blank once it was erased."""

    __tablename__ = "audit_details"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    #: Random, and erased with the rest: a digest alone would let a known address be guessed. Null: erased.
    salt: Mapped[str | None]
    actor: Mapped[str]
    object_name: Mapped[str]
    #: JSON as text, for the digest is of its characters: `{"before": …, "after": …}`.
    changes: Mapped[str]


class AuditWaitingRow(Base):
    """An event that no link leads to yet."""

    __tablename__ = "audit_waiting"
    __table_args__ = (Index("ix_audit_waiting_organization_id_number", "organization_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organization_id: Mapped[UUID]
    event_id: Mapped[UUID]


class AuditLinkRow(Base):
    """A link of an organization's chain: the digest of an event together with the digest of the link before."""

    __tablename__ = "audit_links"
    __table_args__ = (UniqueConstraint("event_id"),)

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: 1, 2, 3, …
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    linked_at: Mapped[datetime]
    #: When every event of before had its link: one that claims to be much older was put in later.
    caught_up_at: Mapped[datetime]
    sha256: Mapped[str]


class AuditHeadRow(Base):
    """The end of an organization's chain, kept apart from it so that a shortened one is noticed."""

    __tablename__ = "audit_heads"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    linked_at: Mapped[datetime]
    caught_up_at: Mapped[datetime]
    #: Made with the installation's secret key, which the database does not know.
    seal: Mapped[str]
