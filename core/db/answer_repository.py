"""Answers that are kept by key; `session` sees the organization."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import KeptAnswerRow


def delete_older(session: Session, organization_id: UUID, *, than: datetime, unfinished: datetime) -> None:
    """Delete what is older, and requests that began before `unfinished` and never ended."""
    row = KeptAnswerRow
    gone = (row.began_at < than) | (row.answer.is_(None) & (row.began_at < unfinished))
    session.execute(delete(row).where(row.organization_id == organization_id, gone))


def begin(
    session: Session, organization_id: UUID, user_id: UUID, key: str, *, request_sha256: str, now: datetime
) -> bool:
    """Take the key for a request; False where it is taken."""
    statement = postgresql.insert(KeptAnswerRow).values(
        organization_id=organization_id, user_id=user_id, key=key, request_sha256=request_sha256, began_at=now
    )
    return session.execute(statement.on_conflict_do_nothing().returning(KeptAnswerRow.key)).first() is not None


def load(session: Session, organization_id: UUID, user_id: UUID, key: str) -> tuple[str, str | None] | None:
    """Return the request a key was taken for and its answer; None where it is free again."""
    found = session.execute(
        select(KeptAnswerRow.request_sha256, KeptAnswerRow.answer).where(*_is(organization_id, user_id, key))
    ).first()
    return None if found is None else (found[0], found[1])


def put(session: Session, organization_id: UUID, user_id: UUID, key: str, *, answer: str) -> None:
    """Keep the answer of a request that is under way."""
    session.execute(update(KeptAnswerRow).where(*_is(organization_id, user_id, key)).values(answer=answer))


def let_go(session: Session, organization_id: UUID, user_id: UUID, key: str) -> None:
    """Free the key of a request that did nothing."""
    session.execute(delete(KeptAnswerRow).where(*_is(organization_id, user_id, key), KeptAnswerRow.answer.is_(None)))


def _is(organization_id: UUID, user_id: UUID, key: str) -> tuple[ColumnElement[bool], ...]:
    row = KeptAnswerRow
    return (row.organization_id == organization_id, row.user_id == user_id, row.key == key)
