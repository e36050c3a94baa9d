"""What the start screen shows of runs: those that concern a person, and whether they put the tour away."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from core.db.tables import ArtifactRow, DeliveryRow, MembershipRow, RunRow, ScheduleRow
from core.db.visibility import sees_run
from core.domain.access import Principal
from core.domain.library import HomeRun
from core.domain.run import RunKind, RunState

_ARRIVED = (RunState.COMPLETED, RunState.PARTIAL)
_FAILED = (RunState.FAILED, RunState.PARTIAL, RunState.HELD, RunState.MISSED)


def arrived(session: Session, principal: Principal, *, since: datetime, limit: int) -> tuple[HomeRun, ...]:
    """Return the newest runs with files that this person asked for, owns or was sent."""
    has_file = exists(select(ArtifactRow.id).where(ArtifactRow.run_id == RunRow.id, ArtifactRow.deleted_at.is_(None)))
    return _runs(session, principal, [RunRow.state.in_([str(state) for state in _ARRIVED]), has_file], since, limit)


_LATER = aliased(RunRow)  # made once, since an alias costs milliseconds


def failed(session: Session, principal: Principal, *, since: datetime, limit: int) -> tuple[HomeRun, ...]:
    """Return the newest runs that did not go out; of a schedule that has worked since, none."""
    mended = exists(
        select(_LATER.id).where(
            _LATER.schedule_id == RunRow.schedule_id,
            _LATER.kind != str(RunKind.TEST),
            _LATER.state == str(RunState.COMPLETED),
            _LATER.created_at > RunRow.created_at,
        )
    )
    return _runs(session, principal, [RunRow.state.in_([str(state) for state in _FAILED]), ~mended], since, limit)


def is_tour_done(session: Session, principal: Principal) -> bool:
    """Whether the person put the tour away."""
    statement = select(MembershipRow.tour_done_at).where(
        MembershipRow.organization_id == principal.organization_id, MembershipRow.user_id == principal.user_id
    )
    return session.execute(statement).scalar_one_or_none() is not None


def set_tour_done(session: Session, principal: Principal, at: datetime | None) -> None:
    """Put the tour away for good, or bring it back."""
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.organization_id == principal.organization_id, MembershipRow.user_id == principal.user_id)
        .values(tour_done_at=at)
    )


def _runs(
    session: Session, principal: Principal, conditions: list[ColumnElement[bool]], since: datetime, limit: int
) -> tuple[HomeRun, ...]:
    was_sent = exists(
        select(DeliveryRow.id).where(DeliveryRow.run_id == RunRow.id, DeliveryRow.address == principal.email)
    )
    concerns = or_(RunRow.requested_by == principal.user_id, ScheduleRow.owner_id == principal.user_id, was_sent)
    rows = session.execute(
        select(
            RunRow.id,
            RunRow.title,
            RunRow.state,
            RunRow.schedule_id,
            RunRow.created_at,
            RunRow.formats,
            RunRow.held_because,
            RunRow.error_message,
        )
        .outerjoin(ScheduleRow, ScheduleRow.id == RunRow.schedule_id)
        .where(RunRow.created_at >= since, sees_run(), concerns, *conditions)
        .order_by(RunRow.created_at.desc(), RunRow.id)
        .limit(limit)
    )
    return tuple(
        HomeRun(
            id=row.id,
            title=row.title,
            state=RunState(row.state),
            schedule_id=row.schedule_id,
            created_at=row.created_at,
            formats=tuple(row.formats),
            words=row.held_because or row.error_message,
        )
        for row in rows
    )
