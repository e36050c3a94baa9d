"""Recipients from data: the parts of a run's result and whom each of them goes to."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.bursting import Outcome


class BurstPartRow(Owned, Base):
    """The rows that one combination of values gives; recipients with the same values share it."""

    __tablename__ = "burst_parts"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        UniqueConstraint("run_id", "place"),
    )

    run_id: Mapped[UUID]
    #: From 0, in the order in which recipients ask for them.
    place: Mapped[int]
    #: Its values and its timezone.
    content: Mapped[dict[str, Any]]
    #: Null until they are counted.
    rows_matched: Mapped[int | None] = mapped_column(BigInteger)
    #: What mails show of it once its files are stored.
    record: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class BurstRecipientRow(Owned, Base):
    """Somebody whom the data names, and what becomes of them."""

    __tablename__ = "burst_recipients"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "run_id"], ["runs.organization_id", "runs.id"], ondelete="CASCADE"),
        UniqueConstraint("run_id", "place"),
        CheckConstraint(one_of("outcome", Outcome), name="outcome"),
        Index("ix_burst_recipients_part_id", "part_id"),
        Index("ix_burst_recipients_address", "run_id", "address"),
    )

    run_id: Mapped[UUID]
    #: Null: nothing is made for them.
    part_id: Mapped[UUID | None] = mapped_column(ForeignKey("burst_parts.id", ondelete="CASCADE"))
    place: Mapped[int]
    #: The row of the recipients' dataset that names them first.
    line: Mapped[int]
    address: Mapped[str]
    name: Mapped[str] = mapped_column(server_default=text("''"))
    locale: Mapped[str] = mapped_column(server_default=text("''"))
    #: Values of fields of that row, by the fields' names, for texts.
    facts: Mapped[dict[str, Any]]
    formats: Mapped[list[str]]
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default=text("''"))
