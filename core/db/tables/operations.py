"""Alerts to administrators: from where on they are told, and what they were told of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base

_OPEN = text("closed_at IS NULL")


class AlertLimitRow(Base):
    """The thresholds of an organization; those of the installation stand under the nil UUID."""

    __tablename__ = "alert_limits"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Name -> number, or null for never. A name that is missing follows the installation.
    limits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AlertIncidentRow(Base):
    """Something that administrators were told of; one of a kind is open at a time."""

    __tablename__ = "alert_incidents"
    __table_args__ = (
        Index(
            "uq_alert_incidents_open",
            "organization_id",
            "kind",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_alert_incidents_organization_id_opened_at", "organization_id", "opened_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    kind: Mapped[str]
    #: What was found when it began, in words.
    found: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
