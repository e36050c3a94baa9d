"""Attributes of people that the rules about rows compare fields with."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned


class PersonAttributeRow(Owned, Base):
    """The values of an attribute: of a person, or of everybody in the organization who has none of their own."""

    __tablename__ = "person_attributes"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id", "name", postgresql_nulls_not_distinct=True),
        CheckConstraint("cardinality(given) > 0", name="given"),
        Index("ix_person_attributes_user_id", "user_id"),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    given: Mapped[list[str]]
