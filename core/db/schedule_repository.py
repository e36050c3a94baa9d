"""Schedules of one organization."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, case, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from core.db.report_filter import holds
from core.db.tables import DashboardRow, ReportRow, RunRow, ScheduleRow, UserRow
from core.db.visibility import sees_schedule
from core.domain.bursting import dump_burst, parse_burst
from core.domain.file_options import dump_file_options, parse_file_options
from core.domain.page import Page
from core.domain.run import RunKind
from core.domain.schedule import Misfire, Schedule, ScheduleDraft, dump_recipient, parse_recipient
from core.domain.terms import dump_terms, parse_terms
from core.errors import Conflict, NotFound
from core.schedules.config_json import dump_config, parse_config

_MAX_WORDS = 8
#: Made once, since an alias costs milliseconds.
_OWNER = aliased(UserRow)
_SAID_REPORT, _SAID_DASHBOARD, _SAID_OWNER = aliased(ReportRow), aliased(DashboardRow), aliased(UserRow)


def list_schedules(
    session: Session,
    *,
    report_id: UUID | None,
    is_active: bool | None,
    is_failing: bool | None = None,
    search: str = "",
    page: int,
    limit: int,
) -> Page[Schedule]:
    """Return schedules by next run, paused ones last; every word of `search` in the name, what is sent or the owner."""
    conditions = [sees_schedule()]
    if report_id is not None:
        conditions.append(ScheduleRow.report_id == report_id)
    if is_active is not None:
        conditions.append(ScheduleRow.is_active.is_(is_active))
    if is_failing is not None:
        since = ScheduleRow.failing_since
        conditions.append(since.is_not(None) if is_failing else since.is_(None))
    conditions += said_of(search)
    total = session.execute(select(func.count()).select_from(ScheduleRow).where(*conditions)).scalar_one()
    rows = session.execute(
        _select_schedules()
        .where(*conditions)
        .order_by(ScheduleRow.is_active.desc(), ScheduleRow.next_run_at.nulls_last(), ScheduleRow.id)
        .limit(limit)
        .offset((page - 1) * limit)
    ).mappings()
    return Page(items=tuple(_schedule(row) for row in rows), total=total, page=page, limit=limit)


def load_schedule(session: Session, schedule_id: UUID, *, lock: bool = False) -> Schedule:
    """Return a schedule; raises NotFound. `lock`: nobody else changes or plans it before the transaction ends."""
    if lock:
        # A statement of its own, so that what is read next is what the last writer left.
        session.execute(select(ScheduleRow.id).where(ScheduleRow.id == schedule_id).with_for_update())
    row = session.execute(_select_schedules().where(ScheduleRow.id == schedule_id, sees_schedule())).mappings().first()
    if row is None:
        raise NotFound("This schedule does not exist, or you may not see it.")
    return _schedule(row)


def insert_schedule(
    session: Session, draft: ScheduleDraft, *, organization_id: UUID, owner_id: UUID, next_run_at: datetime | None
) -> UUID:
    """Create a schedule; returns its id."""
    return session.execute(
        insert(ScheduleRow)
        .values(organization_id=organization_id, owner_id=owner_id, next_run_at=next_run_at, **_columns(draft))
        .returning(ScheduleRow.id)
    ).scalar_one()


def replace_schedule(
    session: Session, schedule_id: UUID, draft: ScheduleDraft, *, expected_version: int, next_run_at: datetime | None
) -> None:
    """Replace what a schedule says; raises Conflict where it is no longer at `expected_version`."""
    changed = session.execute(
        update(ScheduleRow)
        .where(ScheduleRow.id == schedule_id, ScheduleRow.version == expected_version)
        .values(
            version=expected_version + 1,
            updated_at=func.now(),
            next_run_at=next_run_at,
            **_columns(draft),
            **(_NO_PAUSE if draft.is_active else {}),
        )
        .returning(ScheduleRow.id)
    ).scalar_one_or_none()
    if changed is None:
        raise Conflict


def pause(session: Session, schedule_id: UUID, *, until: datetime | None, because: str | None) -> None:
    """Pause a schedule until it is resumed, at the latest at `until`."""
    _change(session, schedule_id, is_active=False, next_run_at=None, paused_until=until, paused_because=because)


def resume(session: Session, schedule_id: UUID, *, next_run_at: datetime | None) -> None:
    """Let a schedule run again."""
    _change(session, schedule_id, is_active=True, next_run_at=next_run_at, **_NO_PAUSE)


def set_owner(session: Session, schedule_id: UUID, owner_id: UUID) -> None:
    """Give a schedule another owner; what paused it stays, but for the departure of the one before."""
    because = case((ScheduleRow.owner_left_at.is_(None), ScheduleRow.paused_because))
    _change(session, schedule_id, owner_id=owner_id, owner_left_at=None, paused_because=because)


#: What is forgotten of a pause that is over.
_NO_PAUSE: dict[str, None] = {"paused_until": None, "paused_because": None, "owner_left_at": None}


def _change(session: Session, schedule_id: UUID, **columns: Any) -> None:
    session.execute(
        update(ScheduleRow)
        .where(ScheduleRow.id == schedule_id)
        .values(updated_at=func.now(), version=ScheduleRow.version + 1, **columns)
    )


def delete_schedule(session: Session, schedule_id: UUID) -> None:
    """Delete a schedule; its runs stay."""
    session.execute(delete(ScheduleRow).where(ScheduleRow.id == schedule_id))


def names_by_report(session: Session, report_id: UUID) -> tuple[str, ...]:
    """Return the names of the schedules that send a report, paused ones included."""
    statement = select(ScheduleRow.name).where(ScheduleRow.report_id == report_id).order_by(ScheduleRow.name)
    return tuple(session.execute(statement).scalars())


def _columns(draft: ScheduleDraft) -> dict[str, Any]:
    return {
        "report_id": draft.report_id,
        "dashboard_id": draft.dashboard_id,
        "name": draft.name,
        "description": draft.description,
        "config": dump_config(draft.config),
        "recipients": [dump_recipient(recipient) for recipient in draft.recipients],
        "burst": None if draft.burst is None else dump_burst(draft.burst),
        "formats": list(draft.formats),
        "email_subject": draft.email_subject,
        "email_body": draft.email_body,
        "report_parameters": dict(draft.report_parameters),
        "file_options": dump_file_options(draft.file_options),
        "misfire": str(draft.misfire),
        "terms": dump_terms(draft.terms),
        "is_active": draft.is_active,
    }


def said_of(search: str) -> list[ColumnElement[bool]]:
    """The conditions under which a schedule is found: every word in the name, what is sent or the owner."""
    return [holds(_said(), word) for word in search.split()[:_MAX_WORDS]]


def _said() -> ColumnElement[str]:
    """What a search looks through."""
    return func.concat_ws(
        " ",
        ScheduleRow.name,
        select(_SAID_REPORT.name).where(_SAID_REPORT.id == ScheduleRow.report_id).scalar_subquery(),
        select(_SAID_DASHBOARD.name).where(_SAID_DASHBOARD.id == ScheduleRow.dashboard_id).scalar_subquery(),
        select(_SAID_OWNER.name).where(_SAID_OWNER.id == ScheduleRow.owner_id).scalar_subquery(),
    )


def _select_schedules() -> Select[Any]:
    newest = (
        select(RunRow.created_at, RunRow.state)
        .where(RunRow.schedule_id == ScheduleRow.id, RunRow.kind != RunKind.TEST)
        .order_by(RunRow.created_at.desc(), RunRow.logical_at.desc(), RunRow.id)
        .limit(1)
        .lateral("newest")
    )
    return (
        select(
            ScheduleRow.id,
            ScheduleRow.organization_id,
            ScheduleRow.report_id,
            ScheduleRow.dashboard_id,
            func.coalesce(ReportRow.name, DashboardRow.name).label("report_name"),
            ScheduleRow.owner_id,
            _OWNER.name.label("owner_name"),
            ScheduleRow.name,
            ScheduleRow.description,
            ScheduleRow.config,
            ScheduleRow.recipients,
            ScheduleRow.burst,
            ScheduleRow.formats,
            ScheduleRow.email_subject,
            ScheduleRow.email_body,
            ScheduleRow.report_parameters,
            ScheduleRow.file_options,
            ScheduleRow.misfire,
            ScheduleRow.terms,
            ScheduleRow.is_active,
            ScheduleRow.paused_until,
            ScheduleRow.paused_because,
            ScheduleRow.owner_left_at,
            ScheduleRow.failing_since,
            ScheduleRow.next_run_at,
            newest.c.created_at.label("last_run_at"),
            newest.c.state.label("last_status"),
            ScheduleRow.version,
            ScheduleRow.created_at,
            ScheduleRow.updated_at,
        )
        .outerjoin(ReportRow, ReportRow.id == ScheduleRow.report_id)
        .outerjoin(DashboardRow, DashboardRow.id == ScheduleRow.dashboard_id)
        .join(_OWNER, _OWNER.id == ScheduleRow.owner_id)
        .outerjoin(newest, newest.c.created_at.is_not(None))
    )


def _schedule(row: RowMapping) -> Schedule:
    return Schedule(
        **{
            **row,
            "config": parse_config(row["config"]),
            "recipients": tuple(parse_recipient(recipient) for recipient in row["recipients"]),
            "burst": parse_burst(row["burst"]),
            "formats": tuple(row["formats"]),
            "file_options": parse_file_options(row["file_options"]),
            "misfire": Misfire(row["misfire"]),
            "terms": parse_terms(row["terms"]),
        }
    )
