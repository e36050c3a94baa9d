"""Which run's data a preview of a mail shows."""

from uuid import UUID

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from core.db.tables import ArtifactRow, RunRow


def newest_result(session: Session, subject_id: UUID, schedule_id: UUID | None) -> UUID | None:
    """Return the newest run of the schedule that has files, else the newest of its report or dashboard, or None."""
    has_files = select(ArtifactRow.id).where(ArtifactRow.run_id == RunRow.id, ArtifactRow.part_id.is_(None)).exists()
    of_schedule = case((RunRow.schedule_id == schedule_id, 0), else_=1)
    of_dashboard = RunRow.definition["dashboard_id"].astext == str(subject_id)
    is_of_subject = or_(RunRow.report_id == subject_id, of_dashboard)
    statement = (
        select(RunRow.id)
        .where(is_of_subject, RunRow.result_head.is_not(None), has_files)
        .order_by(*([of_schedule] if schedule_id else []), RunRow.logical_at.desc(), RunRow.created_at.desc())
        .limit(1)
    )
    return session.execute(statement).scalar_one_or_none()
