"""Links to files, and what became of each try to use one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.tables.base import Base, Owned, one_of
from core.domain.link import LinkResult


class DownloadLinkRow(Owned, Base):
    """A link to an artifact. Only the SHA-256 of its token is kept."""

    __tablename__ = "download_links"
    __table_args__ = (Index("ix_download_links_artifact_id", "artifact_id"),)

    artifact_id: Mapped[UUID] = mapped_column(ForeignKey("artifacts.id", ondelete="CASCADE"))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    #: Of the delivery whose message holds it.
    reference: Mapped[str | None]
    max_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(server_default=text("0"))
    #: Who has to give a code that is mailed there.
    recipient: Mapped[str | None]
    code_sha256: Mapped[str | None]
    code_until: Mapped[datetime | None]
    code_sent_at: Mapped[datetime | None]
    #: Wrong codes since the last one was mailed.
    code_tries: Mapped[int] = mapped_column(server_default=text("0"))
    codes_sent: Mapped[int] = mapped_column(server_default=text("0"))


class LinkUseRow(Owned, Base):
    """One try to use a link."""

    __tablename__ = "link_uses"
    __table_args__ = (
        CheckConstraint(one_of("result", LinkResult), name="result"),
        Index("ix_link_uses_link_id_at", "link_id", "at"),
    )

    link_id: Mapped[UUID] = mapped_column(ForeignKey("download_links.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    network: Mapped[str]
    result: Mapped[str]
