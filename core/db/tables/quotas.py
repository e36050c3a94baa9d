"""Limits that were set, and how often people asked the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base


class QuotaRow(Base):
    """The limits of an organization; those of the installation stand under the nil UUID."""

    __tablename__ = "quotas"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Name -> number, or null for none. A name that is missing follows the installation.
    limits: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RequestCountRow(Base):
    """How often a person asked the API in the minute that began at `minute`."""

    __tablename__ = "request_counts"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    minute: Mapped[datetime]
    used: Mapped[int]
