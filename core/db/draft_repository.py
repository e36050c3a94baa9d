"""Drafts of reports, one person's at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables import ReportDraftRow
from core.domain.definition_json import dump_definition, parse_definition
from core.domain.report_draft import ReportDraft
from core.errors import InvalidDefinition

_KEY = (ReportDraftRow.organization_id, ReportDraftRow.user_id, ReportDraftRow.id)
_FIELDS = (
    ReportDraftRow.id,
    ReportDraftRow.report_id,
    ReportDraftRow.version,
    ReportDraftRow.name,
    ReportDraftRow.description,
    ReportDraftRow.definition,
    ReportDraftRow.is_touched,
    ReportDraftRow.updated_at,
)


def keep_draft(session: Session, organization_id: UUID, user_id: UUID, draft: ReportDraft) -> None:
    """Put a draft in the place of the one with its id.

    It is written with every change of the builder, so it does not wait for the disk: a crash of the server loses the
    last moment of it at most.
    """
    session.execute(text("SET LOCAL synchronous_commit = off"))
    values = {
        "report_id": draft.report_id,
        "version": draft.version,
        "name": draft.name,
        "description": draft.description,
        "definition": dump_definition(draft.definition),
        "is_touched": draft.is_touched,
        "updated_at": draft.updated_at,
    }
    statement = insert(ReportDraftRow).values(organization_id=organization_id, user_id=user_id, id=draft.id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(_KEY), set_=values))


def load_draft(session: Session, user_id: UUID, draft_id: UUID) -> ReportDraft | None:
    """Return a person's draft; None where there is none that can still be read."""
    row = (
        session.execute(select(*_FIELDS).where(ReportDraftRow.user_id == user_id, ReportDraftRow.id == draft_id))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _draft(row)


def list_unsaved(session: Session, user_id: UUID, *, limit: int) -> tuple[ReportDraft, ...]:
    """Return a person's drafts of reports that were never saved, the newest first; untouched ones are left out."""
    rows = session.execute(
        select(*_FIELDS)
        .where(
            ReportDraftRow.user_id == user_id, ReportDraftRow.report_id.is_(None), ReportDraftRow.is_touched.is_(True)
        )
        .order_by(ReportDraftRow.updated_at.desc())
        .limit(limit)
    ).mappings()
    return tuple(draft for row in rows if (draft := _draft(row)) is not None)


def forget_draft(session: Session, user_id: UUID, draft_id: UUID) -> None:
    """Drop a draft."""
    session.execute(delete(ReportDraftRow).where(ReportDraftRow.user_id == user_id, ReportDraftRow.id == draft_id))


def forget_old(session: Session, user_id: UUID, *, before: datetime, untouched_before: datetime) -> None:
    """Drop a person's drafts that nobody came back to."""
    is_old = (ReportDraftRow.updated_at < before) | (
        ReportDraftRow.is_touched.is_(False) & (ReportDraftRow.updated_at < untouched_before)
    )
    session.execute(delete(ReportDraftRow).where(ReportDraftRow.user_id == user_id, is_old))


def _draft(row: RowMapping) -> ReportDraft | None:
    """Return the row as a value; a definition of an older edition that is no longer understood is nobody's loss."""
    try:
        definition = parse_definition(row["definition"])
    except InvalidDefinition:
        return None
    return ReportDraft(**{**row, "definition": definition})
