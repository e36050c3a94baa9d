"""What people have changed in reports and not saved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base


class ReportDraftRow(Base):
    """A person's draft: of a report, and then it has the report's id, or of one that was never saved."""

    __tablename__ = "report_drafts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "report_id"], ["reports.organization_id", "reports.id"], ondelete="CASCADE"
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID | None]
    #: The version that was changed.
    version: Mapped[int | None]
    name: Mapped[str]
    description: Mapped[str]
    definition: Mapped[dict[str, Any]]
    #: Whether more was done than choosing a first question.
    is_touched: Mapped[bool]
    updated_at: Mapped[datetime]
