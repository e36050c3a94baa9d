"""Owners who leave: their schedules are paused and the administrators told, or somebody else gets them at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import may_ask
from core.db import (
    calendar_repository,
    care_repository,
    dataset_repository,
    member_repository,
    owner_notice_repository,
    schedule_repository,
)
from core.db.care_repository import PausedSchedule
from core.db.owner_notice_repository import News
from core.db.sight import may_see
from core.domain.access import Permission, Principal
from core.domain.notice import NoticeKind
from core.errors import InvalidInput
from core.schedules.config_json import parse_config
from core.schedules.recurrence import next_fire_times

_NOT_HERE = "There is no active member of your organization with this address."


def pause_schedules_of(session: Session, organization_id: UUID, owner_id: UUID, *, at: datetime) -> tuple[str, ...]:
    """Pause what would run for somebody who left, and note it for the administrators; returns the names."""
    name = member_repository.member_name(session, owner_id)
    paused = care_repository.pause_owned(session, organization_id, owner_id, because=f"Its owner, {name}, left.", at=at)
    news = [
        News(
            user_id=administrator,
            kind=NoticeKind.LEFT,
            key=f"{NoticeKind.LEFT}:{row.id}:{at.isoformat()}",
            about=row.name,
            reason=f"Its owner, {name}, left. It is paused.",
            schedule_id=row.id,
        )
        for administrator in member_repository.administrators(session, organization_id)
        if administrator != owner_id
        for row in paused
    ]
    owner_notice_repository.insert_news(session, organization_id, news, at=at)
    return tuple(row.name for row in paused)


def new_owner(session: Session, organization_id: UUID, email: str, *, place: str) -> Principal:
    """Return who is to own schedules. Raises InvalidInput unless they are an active member who may manage them."""
    user_id = member_repository.find_member(session, organization_id, email)
    principal = None if user_id is None else member_repository.member_principal(session, organization_id, user_id)
    if principal is None:
        raise InvalidInput(_NOT_HERE, place=place)
    if not principal.may(Permission.MANAGE_SCHEDULES):
        raise InvalidInput(f"{principal.name} may not manage schedules. Give them a role that may first.", place=place)
    return principal


def require_subjects(session: Session, owner: Principal, schedules: Sequence[PausedSchedule], *, place: str) -> None:
    """Refuse an owner who may not see what the schedules send: their runs would fail. Raises InvalidInput."""
    closed = [schedule.name for schedule in schedules if not _may_ask_all(session, owner, schedule.dataset_ids)]
    if closed:
        raise InvalidInput(f"{owner.name} may not see the data behind {', '.join(closed[:5])}.", place=place)
    hidden = [one.name for one in schedules if not sends_what_is_seen(session, owner, one)]
    if hidden:
        raise InvalidInput(
            f"{owner.name} may not see what {', '.join(hidden[:5])} would send. Have it shared with them first.",
            place=place,
        )


def sends_what_is_seen(session: Session, owner: Principal, schedule: PausedSchedule) -> bool:
    """Whether an owner may see the report or the dashboard that a schedule sends."""
    return may_see(session, owner, report_id=schedule.report_id, dashboard_id=schedule.dashboard_id)


def _may_ask_all(session: Session, owner: Principal, dataset_ids: Sequence[UUID]) -> bool:
    return all(may_ask(owner, dataset_repository.load_one_dataset(session, one)) for one in dataset_ids)


def hand_over(
    session: Session, organization_id: UUID, *, from_id: UUID | None, to: Principal, now: datetime
) -> tuple[UUID, ...]:
    """Give somebody all schedules of an owner; None: those of everybody who left. All of them or none.

    What the departure paused goes on, unless it was to rest longer. Returns their ids.
    """
    schedules = care_repository.lock_owned(session, organization_id, from_id)
    require_subjects(session, to, schedules, place="to")
    for schedule in schedules:
        schedule_repository.set_owner(session, schedule.id, to.user_id)
        rests = schedule.paused_until is not None and schedule.paused_until > now
        if schedule.owner_left_at is not None and not rests:
            schedule_repository.resume(session, schedule.id, next_run_at=next_slot(session, schedule, after=now))
    return tuple(schedule.id for schedule in schedules)


def next_slot(session: Session, schedule: PausedSchedule, *, after: datetime) -> datetime | None:
    """Return the first slot at `after` or later; None where there is none any more."""
    config = parse_config(schedule.config)
    calendar = calendar_repository.business_calendar(session, config)
    slots = next_fire_times(config, after=after - timedelta(microseconds=1), count=1, calendar=calendar)
    return slots[0].at if slots else None
