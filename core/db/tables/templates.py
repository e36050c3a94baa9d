"""Workbooks that people brought to be filled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class WorkbookTemplateRow(Owned, Base):
    """A workbook with its file; `contents` is what was found in it when it was brought."""

    __tablename__ = "workbook_templates"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]
    file_name: Mapped[str]
    content: Mapped[bytes]
    sha256: Mapped[str]
    size_bytes: Mapped[int]
    contents: Mapped[dict[str, Any]]
    #: Counts the files it has had.
    version: Mapped[int] = mapped_column(server_default=text("1"))
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
