"""Notices: which report lost which field, and whether its owner was told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from core.db.tables import OrganizationRow, ReportNoticeRow, ReportRow, UserRow
from core.domain.catalog import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class UntoldNotice:
    """A notice whose report's owner waits for a mail, with what the mail says."""

    report_id: UUID
    report: str
    field: str
    dataset_id: UUID
    organization: str
    owner_email: str
    is_active: bool  #: whether the owner still signs in here
    found_at: datetime
    attempt: int


def insert_notices(
    session: Session, organization_id: UUID, lost: Iterable[tuple[UUID, str]], *, found_at: datetime
) -> None:
    """Note fields that reports lost, as (report, field); those that are known already stay as they are."""
    rows = [
        {
            "organization_id": organization_id,
            "report_id": report_id,
            "field": field,
            "found_at": found_at,
            "next_attempt_at": found_at,
        }
        for report_id, field in lost
    ]
    if rows:
        session.execute(postgresql.insert(ReportNoticeRow).on_conflict_do_nothing(), rows)


def list_notices(session: Session, report_id: UUID | None = None) -> tuple[Notice, ...]:
    """Return what the organization's reports lost, or one of them, the longest known first; archived ones left out."""
    statement = (
        select(ReportNoticeRow.report_id, ReportNoticeRow.field, ReportNoticeRow.found_at, ReportNoticeRow.told_at)
        .join(ReportRow, ReportRow.id == ReportNoticeRow.report_id)
        .where(ReportRow.archived_at.is_(None))
        .order_by(ReportNoticeRow.found_at, ReportNoticeRow.report_id, ReportNoticeRow.field)
    )
    if report_id is not None:
        statement = statement.where(ReportNoticeRow.report_id == report_id)
    return tuple(Notice(**row) for row in session.execute(statement).mappings())


def heal_report(session: Session, report_id: UUID | None, version: int | None) -> None:
    """Forget what a report lost, if `version`, which ran, is its newest."""
    newest = select(ReportRow.id).where(ReportRow.id == report_id, ReportRow.version == version)
    session.execute(delete(ReportNoticeRow).where(ReportNoticeRow.report_id.in_(newest)))


def heal_dataset(session: Session, dataset_id: UUID, there: Iterable[str]) -> None:
    """Forget of what the reports on a dataset lost the fields that are there again."""
    reports = select(ReportRow.id).where(ReportRow.dataset_id == dataset_id)
    session.execute(
        delete(ReportNoticeRow).where(ReportNoticeRow.report_id.in_(reports), ReportNoticeRow.field.in_(list(there)))
    )


def claim_untold(session: Session, now: datetime, *, again_at: datetime) -> tuple[UntoldNotice, ...]:
    """Take the notices that are due for this process until `again_at`; other processes pass over them."""
    due = (
        select(ReportNoticeRow.report_id, ReportNoticeRow.field)
        .where(ReportNoticeRow.told_at.is_(None), ReportNoticeRow.next_attempt_at <= now)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(ReportNoticeRow)
        .where(ReportNoticeRow.report_id == due.c.report_id, ReportNoticeRow.field == due.c.field)
        .values(attempt=ReportNoticeRow.attempt + 1, next_attempt_at=again_at)
        .returning(ReportNoticeRow.report_id, ReportNoticeRow.field, ReportNoticeRow.found_at, ReportNoticeRow.attempt)
        .cte("claimed")
    )
    rows = session.execute(
        select(
            claimed.c.report_id,
            claimed.c.field,
            claimed.c.found_at,
            claimed.c.attempt,
            ReportRow.name.label("report"),
            ReportRow.dataset_id,
            OrganizationRow.name.label("organization"),
            UserRow.email.label("owner_email"),
            UserRow.is_active,
        )
        .join(ReportRow, ReportRow.id == claimed.c.report_id)
        .join(OrganizationRow, OrganizationRow.id == ReportRow.organization_id)
        .join(UserRow, UserRow.id == ReportRow.owner_id)
        .order_by(UserRow.email, ReportRow.name, claimed.c.report_id, claimed.c.field)
    ).mappings()
    return tuple(UntoldNotice(**row) for row in rows)


def mark_told(session: Session, report_id: UUID, field: str, at: datetime) -> None:
    """Note that the owner was written to."""
    _set(session, report_id, field, told_at=at, next_attempt_at=None)


def put_off(session: Session, report_id: UUID, field: str, again_at: datetime | None) -> None:
    """Write again later; None: never."""
    _set(session, report_id, field, told_at=None, next_attempt_at=again_at)


def organizations_to_tell(session: Session, now: datetime) -> tuple[UUID, ...]:
    """Return the organizations in which somebody waits to be told."""
    return tuple(session.execute(text("SELECT * FROM organizations_to_tell(:now)"), {"now": now}).scalars())


def datasets_to_check(session: Session, before: datetime, *, limit: int) -> tuple[tuple[UUID, UUID], ...]:
    """Return datasets with reports that were last compared with their source before `before`: (dataset, organization).

    The longest ago come first.
    """
    rows = session.execute(text("SELECT * FROM datasets_to_check(:before, :max)"), {"before": before, "max": limit})
    return tuple((row.dataset_id, row.organization_id) for row in rows)


def _set(
    session: Session, report_id: UUID, field: str, *, told_at: datetime | None, next_attempt_at: datetime | None
) -> None:
    session.execute(
        update(ReportNoticeRow)
        .where(ReportNoticeRow.report_id == report_id, ReportNoticeRow.field == field)
        .values(told_at=told_at, next_attempt_at=next_attempt_at)
    )
