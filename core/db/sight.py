"""Whether somebody else than the person of the transaction may see what is sent in their name."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.database import name_person
from core.db.tables import DashboardRow, ReportRow
from core.domain.access import Principal


def may_see(session: Session, person: Principal, *, report_id: UUID | None, dashboard_id: UUID | None = None) -> bool:
    """Whether a report, or a dashboard, exists for `person`: the database's own policy answers.

    Whom the transaction named before is named again afterwards.
    """
    named = session.execute(text("SELECT current_setting('app.person_id', true)")).scalar_one()
    name_person(session, person)
    sees = True
    if report_id is not None:
        sees = session.execute(select(ReportRow.id).where(ReportRow.id == report_id)).first() is not None
    if dashboard_id is not None:
        dashboard = select(DashboardRow.id).where(DashboardRow.id == dashboard_id)
        sees = sees and session.execute(dashboard).first() is not None
    session.execute(text("SELECT set_config('app.person_id', :named, true)"), {"named": named or ""})
    return sees
