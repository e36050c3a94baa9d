"""What a person may see of runs and schedules, as conditions of queries.

Reports and dashboards have a policy of their own in the database: a subquery over them finds only what the person of
the transaction may see. Where nobody is named, as in the daemon, everything of the organization is seen.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.db.tables import DashboardRow, ReportRow, RunRow, ScheduleRow
from core.domain.run import RunKind
from core.errors import NotFound

#: The person whom the transaction names; null where it names nobody.
PERSON: ColumnElement[Any] = cast(func.nullif(func.current_setting("app.person_id", True), ""), Uuid)

#: Their own, beside those that the query may read; made once, since an alias costs milliseconds.
_REPORT, _DASHBOARD = aliased(ReportRow), aliased(DashboardRow)


def sees_report(report_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The report is one that the person may see, or there is none."""
    return or_(report_id.is_(None), PERSON.is_(None), exists(select(_REPORT.id).where(_REPORT.id == report_id)))


def sees_schedule() -> ColumnElement[bool]:
    """The schedule sends a report or a dashboard that the person may see."""
    return sees_report(ScheduleRow.report_id) & _sees_dashboard(ScheduleRow.dashboard_id)


def sees_run() -> ColumnElement[bool]:
    """The run is of a report or a dashboard that the person may see.

    Downloads of what was never saved are their maker's own.
    """
    of_dashboard = RunRow.definition["dashboard_id"].astext
    is_saved = or_(RunRow.report_id.is_not(None), RunRow.kind != str(RunKind.EXPORT), of_dashboard.is_not(None))
    is_own = or_(PERSON.is_(None), RunRow.requested_by == PERSON)
    seen = RunRow.report_id.is_not(None) | _sees_dashboard(cast(of_dashboard, Uuid))
    return sees_report(RunRow.report_id) & seen & or_(is_saved, is_own)


def _sees_dashboard(dashboard_id: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The dashboard is one that the person may see, or there is none."""
    seen = exists(select(_DASHBOARD.id).where(_DASHBOARD.id == dashboard_id))
    return or_(PERSON.is_(None), dashboard_id.is_(None), seen)


def require_run(session: Session, run_id: UUID) -> None:
    """Return if the person may see a run; otherwise raise NotFound."""
    if session.execute(select(RunRow.id).where(RunRow.id == run_id, sees_run())).first() is None:
        raise NotFound("This run does not exist, or you may not see it.")
