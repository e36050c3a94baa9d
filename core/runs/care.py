"""Care: ends pauses in time, pauses what nobody owns any more, and notes what people have to hear of."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import care_repository, owner_notice_repository, schedule_repository
from core.db.care_repository import Concern, SlowRun
from core.db.database import Database
from core.db.owner_notice_repository import News
from core.db.run_inserting import RunDraft
from core.domain.moments import instant_words
from core.domain.notice import NoticeKind
from core.errors import DatabaseUnavailable
from core.runs.departures import next_slot, pause_schedules_of
from core.runs.notice_words import failure_in_words
from core.runs.notices import OwnerNotices

logger = logging.getLogger(__name__)

#: Cares for one concern in its organization's transaction; returns whether there was still something to do.
Duty = Callable[[Session, Concern, datetime], bool]

#: A report that takes longer than this is said to be still being made.
SLOW_AFTER = timedelta(seconds=60)
#: A schedule whose owner left is paused this long before its slot: no run of it is to fail.
SOON = timedelta(minutes=2)


class Care:
    """Looks after schedules and runs; any number of daemons may do so at the same time."""

    def __init__(self, database: Database, clock: Clock, *, notices: OwnerNotices, batch: int = 500) -> None:
        self._database = database
        self._clock = clock
        self._notices = notices
        self._batch = batch

    def resume(self) -> int:
        """Let schedules run again whose pause is over; returns how many. Their slots count from its end."""
        now = self._clock.now()
        with self._database.installation() as session:
            found = care_repository.schedules_to_resume(session, now, self._batch)
        return sum(self._care(concern, _resumed) for concern in found)

    def look(self) -> int:
        """Do what is due, and write the mails; returns how many were sent."""
        organizations: dict[UUID, None] = {}
        while True:
            due = self._due()
            organizations |= dict.fromkeys(concern.organization_id for concern in due)
            done = sum(self._care(concern, _DUTIES[concern.concern]) for concern in due if concern.concern in _DUTIES)
            if len(due) < self._batch or not done:
                break  # all of it is noted first: what comes together is told together
        return sum(self._notices.tell(organization_id) for organization_id in organizations)

    def _due(self) -> tuple[Concern, ...]:
        now = self._clock.now()
        with self._database.installation() as session:
            return care_repository.care_due(
                session, now, soon=now + SOON, slow_before=now - SLOW_AFTER, maximum=self._batch
            )

    def _care(self, concern: Concern, duty: Duty) -> bool:
        """One thing that cannot be cared for must not hold up the others."""
        try:
            with self._database.organization(concern.organization_id) as session:
                return duty(session, concern, self._clock.now())
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("care_failed concern=%s id=%s", concern.concern, concern.id)
            return False


def _resumed(session: Session, concern: Concern, now: datetime) -> bool:
    schedule = care_repository.lock_paused(session, concern.id, now)
    if schedule is None or schedule.paused_until is None:
        return False
    next_run_at = next_slot(session, schedule, after=schedule.paused_until)
    schedule_repository.resume(session, concern.id, next_run_at=next_run_at)
    logger.info("schedule_resumed schedule=%s", concern.id)
    return True


def _left(session: Session, concern: Concern, now: datetime) -> bool:
    paused = pause_schedules_of(session, concern.organization_id, concern.id, at=now)
    logger.warning("schedules_without_owner owner=%s paused=%s", concern.id, len(paused))
    return bool(paused)


def _failed(session: Session, concern: Concern, now: datetime) -> bool:
    found = care_repository.note_failure(session, concern.id, now)
    if found is None:
        return False
    if found.error_code == "field_missing" and found.owner_id == found.report_owner_id:
        return False  # the mail about the missing field tells the same person more
    news = News(
        user_id=found.owner_id,
        kind=NoticeKind.FAILED,
        key=f"{NoticeKind.FAILED}:{concern.id}",
        about=found.schedule,
        reason=failure_in_words(found.error_code, found.error_message),
        schedule_id=found.schedule_id,
        run_id=concern.id,
    )
    owner_notice_repository.insert_news(session, concern.organization_id, [news], at=now)
    return True


def _recovered(session: Session, concern: Concern, now: datetime) -> bool:
    found = care_repository.note_recovery(session, concern.id)
    if found is None:
        return False
    news = News(
        user_id=found.owner_id,
        kind=NoticeKind.RECOVERED,
        key=f"{NoticeKind.RECOVERED}:{found.run_id}",
        about=found.schedule,
        reason=f"It works again. It had failed since {instant_words(found.failing_since, 'UTC')}.",
        schedule_id=concern.id,
        run_id=found.run_id,
    )
    owner_notice_repository.insert_news(session, concern.organization_id, [news], at=now)
    return True


def _held(session: Session, concern: Concern, now: datetime) -> bool:
    reason = care_repository.held_because(session, concern.id)
    if reason is not None:
        owner_notice_repository.tell_owner(session, concern.id, NoticeKind.HELD, reason, at=now)
    return reason is not None


def _slow(session: Session, concern: Concern, now: datetime) -> bool:
    slow = care_repository.note_slow(session, concern.id, now)
    if slow is None:
        return False
    owner_notice_repository.insert_news(session, concern.organization_id, [_slow_news(concern.id, slow)], at=now)
    return True


def tell_asker(session: Session, run_id: UUID, draft: RunDraft, *, asked_by: UUID, at: datetime) -> None:
    """Who asks by hand for a run in somebody else's name is told themselves where it takes long, not that one."""
    if asked_by == draft.requested_by or not draft.recipients or care_repository.note_slow(session, run_id, at) is None:
        return
    news = _slow_news(run_id, SlowRun(title=draft.title, user_id=asked_by, asked_at=at))
    due = at + SLOW_AFTER
    owner_notice_repository.insert_news(session, draft.organization_id, [news], at=at, due=due)


def _slow_news(run_id: UUID, slow: SlowRun) -> News:
    return News(
        user_id=slow.user_id,
        kind=NoticeKind.SLOW,
        key=f"{NoticeKind.SLOW}:{run_id}",
        about=slow.title,
        reason=f"It was asked for at {instant_words(slow.asked_at, 'UTC')} and takes a while.",
        run_id=run_id,
    )


#: What is done about each concern, in this order.
_DUTIES: dict[str, Duty] = {
    "left": _left,
    "failed": _failed,
    "recovered": _recovered,
    "held": _held,
    "slow": _slow,
}
