"""Where channels other than mail deliver to."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class DestinationRow(Owned, Base):
    """A destination; `secrets` is encrypted and never read back by people."""

    __tablename__ = "destinations"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    channel: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
