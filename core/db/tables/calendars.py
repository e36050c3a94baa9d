"""Calendars that an organization keeps itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class CalendarRow(Owned, Base):
    """A working week (Monday is 1) and the days off: `[{"on": "2026-12-24", "name": "Christmas Eve"}]`, in order."""

    __tablename__ = "calendars"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]
    days_off: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'::jsonb"))
    working_week: Mapped[list[int]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
