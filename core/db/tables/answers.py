"""Answers of the API that are kept for the request that is sent again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base


class KeptAnswerRow(Base):
    """What was answered to a request with an Idempotency-Key."""

    __tablename__ = "kept_answers"
    __table_args__ = (Index(None, "organization_id", "began_at"),)

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[str]
    began_at: Mapped[datetime]
    answer: Mapped[str | None]  #: encrypted, since it may hold a new token; null while the request is under way
