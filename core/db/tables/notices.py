"""What people are written to about the schedules and runs that are theirs, once each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.notice import NoticeKind


class OwnerNoticeRow(Owned, Base):
    """A piece of news for one person; `key` keeps the same news from being told twice."""

    __tablename__ = "owner_notices"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id", "key"),
        CheckConstraint(one_of("kind", NoticeKind), name="kind"),
        ForeignKeyConstraint(
            ["organization_id", "schedule_id"], ["schedules.organization_id", "schedules.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        Index("ix_owner_notices_untold", "next_attempt_at", postgresql_where=text("told_at IS NULL")),
        Index("ix_owner_notices_run_id", "run_id"),
        Index("ix_owner_notices_schedule_id", "schedule_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    key: Mapped[str]
    schedule_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    #: Name of the schedule or title of the report.
    about: Mapped[str]
    #: What happened and the way to mend it, in plain words.
    reason: Mapped[str]
    found_at: Mapped[datetime]
    #: The mail that carries it: the same at every attempt.
    mail_id: Mapped[UUID | None]
    told_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    #: Null: nobody tries any more.
    next_attempt_at: Mapped[datetime | None]
