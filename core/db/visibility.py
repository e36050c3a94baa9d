"""What a person may see of runs and schedules, as conditions of queries.

Reports have a policy of their own in the database: a subquery over them finds only what the person of the transaction
may see. Where nobody is named, as in the daemon, everything of the organization is seen.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.db.tables import ReportRow, RunRow
from core.domain.run import RunKind
from core.errors import NotFound

#: The person whom the transaction names; null where it names nobody.
PERSON: ColumnElement[Any] = cast(func.nullif(func.current_setting("app.person_id", True), ""), Uuid)


def sees_report(report_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The report is one that the person may see, or there is none."""
    seen = aliased(ReportRow)  # its own, beside one that the query may read
    return or_(report_id.is_(None), PERSON.is_(None), exists(select(seen.id).where(seen.id == report_id)))


def sees_run() -> ColumnElement[bool]:
    """The run is of a report that the person may see; downloads of what was never saved are their maker's own."""
    is_no_draft = or_(RunRow.report_id.is_not(None), RunRow.kind != str(RunKind.EXPORT))
    is_own = or_(PERSON.is_(None), RunRow.requested_by == PERSON)
    return sees_report(RunRow.report_id) & or_(is_no_draft, is_own)


def require_run(session: Session, run_id: UUID) -> None:
    """Return if the person may see a run; otherwise raise NotFound."""
    if session.execute(select(RunRow.id).where(RunRow.id == run_id, sees_run())).first() is None:
        raise NotFound("This run does not exist, or you may not see it.")
