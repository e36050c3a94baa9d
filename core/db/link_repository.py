"""Links that open one file without a sign-in, their uses and their codes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, insert, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import ArtifactRow, DownloadLinkRow, LinkUseRow, UserRow
from core.domain.link import Link, LinkResult, LinkTerms, LinkUse
from core.errors import NotFound

#: Uses shown of one link.
MOST_USES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """The code of a link that is for one person."""

    sha256: str | None
    until: datetime | None
    sent_at: datetime | None
    tries: int  #: wrong ones since it was mailed
    sent: int  #: how many were mailed


def insert_link(
    session: Session,
    *,
    organization_id: UUID,
    artifact_id: UUID,
    token_sha256: str,
    terms: LinkTerms,
    created_by: UUID | None,
    reference: str | None = None,
) -> UUID:
    """Remember a link to a file; returns its id."""
    statement = (
        insert(DownloadLinkRow)
        .values(
            organization_id=organization_id,
            artifact_id=artifact_id,
            token_sha256=token_sha256,
            expires_at=terms.expires_at,
            max_uses=terms.max_uses,
            recipient=terms.recipient,
            created_by=created_by,
            reference=reference,
        )
        .returning(DownloadLinkRow.id)
    )
    return session.execute(statement).scalar_one()


def organization_of_link(session: Session, token_sha256: str) -> UUID | None:
    """Return whose link it is; needs no organization context."""
    found: UUID | None = session.execute(
        text("SELECT organization_of_link(:sha)"), {"sha": token_sha256}
    ).scalar_one_or_none()
    return found


def find_link(session: Session, token_sha256: str, *, lock: bool = False) -> Link | None:
    """Return the link behind a token; `lock` keeps it to this transaction."""
    statement = _select_links().where(DownloadLinkRow.token_sha256 == token_sha256)
    if lock:
        statement = statement.with_for_update(of=DownloadLinkRow)
    row = session.execute(statement).mappings().first()
    return None if row is None else _link(row)


def load_link(session: Session, link_id: UUID) -> Link:
    """Return a link; raises NotFound."""
    row = session.execute(_select_links().where(DownloadLinkRow.id == link_id)).mappings().first()
    if row is None:
        raise NotFound("This link does not exist, or you may not see it.")
    return _link(row)


def list_links(
    session: Session, *, run_id: UUID | None = None, reference: str | None = None, limit: int = 200
) -> tuple[Link, ...]:
    """Return the newest links to the files of a run, or those that a delivery's message holds."""
    statement = _select_links().order_by(DownloadLinkRow.created_at.desc(), DownloadLinkRow.id).limit(limit)
    if run_id is not None:
        statement = statement.where(ArtifactRow.run_id == run_id)
    if reference is not None:
        statement = statement.where(DownloadLinkRow.reference == reference)
    return tuple(_link(row) for row in session.execute(statement).mappings())


def revoke_link(session: Session, link_id: UUID, at: datetime) -> None:
    """End a link; the moment it was first taken back stays."""
    session.execute(
        update(DownloadLinkRow)
        .where(DownloadLinkRow.id == link_id, DownloadLinkRow.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def add_use(session: Session, link: Link, use: LinkUse) -> None:
    """Record a try; one that opened the file counts towards the most uses."""
    session.execute(
        insert(LinkUseRow).values(
            organization_id=link.organization_id,
            link_id=link.id,
            at=use.at,
            network=use.network,
            result=str(use.result),
        )
    )
    if use.result is LinkResult.OPENED:
        session.execute(
            update(DownloadLinkRow).where(DownloadLinkRow.id == link.id).values(uses=DownloadLinkRow.uses + 1)
        )


def used_since(session: Session, link_id: UUID, *, network: str, results: Collection[LinkResult], at: datetime) -> bool:
    """Whether one of these results was recorded for a network since an instant."""
    statement = select(LinkUseRow.id).where(
        LinkUseRow.link_id == link_id,
        LinkUseRow.network == network,
        LinkUseRow.result.in_([str(one) for one in results]),
        LinkUseRow.at > at,
    )
    return session.execute(statement.limit(1)).first() is not None


def list_uses(session: Session, link_id: UUID) -> tuple[LinkUse, ...]:
    """Return the newest tries to use a link, the newest first."""
    rows = session.execute(
        select(LinkUseRow.at, LinkUseRow.network, LinkUseRow.result)
        .where(LinkUseRow.link_id == link_id)
        .order_by(LinkUseRow.at.desc(), LinkUseRow.created_at.desc())
        .limit(MOST_USES)
    ).mappings()
    return tuple(LinkUse(**{**row, "result": LinkResult(row["result"])}) for row in rows)


def load_code(session: Session, link_id: UUID) -> LinkCode:
    """Return how it stands with a link's code."""
    row = session.execute(
        select(
            DownloadLinkRow.code_sha256.label("sha256"),
            DownloadLinkRow.code_until.label("until"),
            DownloadLinkRow.code_sent_at.label("sent_at"),
            DownloadLinkRow.code_tries.label("tries"),
            DownloadLinkRow.codes_sent.label("sent"),
        ).where(DownloadLinkRow.id == link_id)
    ).mappings()
    return LinkCode(**row.one())


def set_code(session: Session, link_id: UUID, *, sha256: str, until: datetime, at: datetime) -> None:
    """Put a new code in the place of the one before."""
    session.execute(
        update(DownloadLinkRow)
        .where(DownloadLinkRow.id == link_id)
        .values(
            code_sha256=sha256,
            code_until=until,
            code_sent_at=at,
            code_tries=0,
            codes_sent=DownloadLinkRow.codes_sent + 1,
        )
    )


def count_wrong_code(session: Session, link_id: UUID) -> None:
    """Count a wrong code."""
    session.execute(
        update(DownloadLinkRow).where(DownloadLinkRow.id == link_id).values(code_tries=DownloadLinkRow.code_tries + 1)
    )


def end_code(session: Session, link_id: UUID) -> None:
    """A code that was right is good once."""
    session.execute(update(DownloadLinkRow).where(DownloadLinkRow.id == link_id).values(code_sha256=None))


def _select_links() -> Select[Any]:
    columns: tuple[Any, ...] = (
        DownloadLinkRow.id,
        DownloadLinkRow.organization_id,
        DownloadLinkRow.artifact_id,
        ArtifactRow.run_id,
        ArtifactRow.file_name,
        DownloadLinkRow.expires_at,
        DownloadLinkRow.max_uses,
        DownloadLinkRow.recipient,
        DownloadLinkRow.uses,
        DownloadLinkRow.revoked_at,
        DownloadLinkRow.created_at,
        DownloadLinkRow.created_by,
        UserRow.name.label("created_by_name"),
        DownloadLinkRow.reference,
    )
    statement: Select[Any] = select(*columns)
    return statement.join(ArtifactRow, ArtifactRow.id == DownloadLinkRow.artifact_id).outerjoin(
        UserRow, UserRow.id == DownloadLinkRow.created_by
    )


def _link(row: RowMapping) -> Link:
    columns = dict(row)
    terms = LinkTerms(
        expires_at=columns.pop("expires_at"), max_uses=columns.pop("max_uses"), recipient=columns.pop("recipient")
    )
    return Link(terms=terms, **columns)
