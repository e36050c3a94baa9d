"""The library of reports: folders, who a report is shared with, and whose favourite it is."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.library import Level


class FolderRow(Owned, Base):
    """A folder; those without a parent stand at the top."""

    __tablename__ = "folders"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "parent_id", "name", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(["organization_id", "parent_id"], ["folders.organization_id", "folders.id"]),
    )

    parent_id: Mapped[UUID | None]
    name: Mapped[str]


class ReportGrantRow(Owned, Base):
    """What a person or the people of a group may do with a report that is shared with them."""

    __tablename__ = "report_grants"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (group_id IS NULL)", name="one"),
        CheckConstraint(one_of("level", Level), name="level"),
        UniqueConstraint("report_id", "user_id", "group_id", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["organization_id", "report_id"], ["reports.organization_id", "reports.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["organization_id", "group_id"], ["groups.organization_id", "groups.id"], ondelete="CASCADE"
        ),
        Index("ix_report_grants_user_id", "user_id"),
        Index("ix_report_grants_group_id", "group_id"),
    )

    report_id: Mapped[UUID]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    group_id: Mapped[UUID | None]
    level: Mapped[str]


class ReportFavouriteRow(Base):
    """A report that a person marked."""

    __tablename__ = "report_favourites"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "report_id"], ["reports.organization_id", "reports.id"], ondelete="CASCADE"
        ),
        Index("ix_report_favourites_report_id", "report_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    report_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
