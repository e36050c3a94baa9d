"""The planner: turns due slots into runs, exactly one a slot, whatever the number of planners. It executes nothing."""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import planning_repository, run_repository
from core.db.database import Database
from core.db.planning_repository import PlannedSchedule
from core.db.queue import defer_run
from core.db.run_repository import RunDraft
from core.domain.run import RunKind
from core.domain.schedule import Misfire, ScheduleConfig
from core.errors import DatabaseUnavailable, InvalidSchedule
from core.schedules.config_json import parse_config
from core.schedules.recurrence import next_fire_times

logger = logging.getLogger(__name__)

#: A slot planned later than this was missed; the schedule's misfire policy decides.
GRACE = timedelta(minutes=5)
#: Most missed slots that "run all" makes good, and most that become visible as missed runs at one time.
MAX_MADE_GOOD = 50
MAX_SHOWN_MISSED = 500
_BATCH = 1000
#: Slots kept apart while the passed ones are counted; inside the grace there are six at most, a minute apart.
_KEPT = MAX_SHOWN_MISSED + MAX_MADE_GOOD + 6
_MISSED = "Nothing ran at this time."


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPlan:
    """What becomes of the slots that are due: `run` and `missed` in order, `unseen` missed ones beyond the shown."""

    run: tuple[datetime, ...]
    missed: tuple[datetime, ...]
    unseen: int
    next_run_at: datetime | None


class Planner:
    """Plans due schedules, one transaction each."""

    def __init__(self, database: Database, clock: Clock, *, batch: int = 500) -> None:
        self._database = database
        self._clock = clock
        self._batch = batch

    def plan(self) -> int:
        """Plan what is due now; returns how many schedules this planner took."""
        now = self._clock.now()
        with self._database.installation() as session:
            due = planning_repository.due_schedules(session, now, self._batch)
        return sum(self._plan_safely(schedule_id, organization_id, now) for schedule_id, organization_id in due)

    def _plan_safely(self, schedule_id: UUID, organization_id: UUID, now: datetime) -> bool:
        """One schedule that cannot be planned must not hold up the others."""
        try:
            with self._database.organization(organization_id) as session:
                return self._plan_one(session, schedule_id, now)
        except DatabaseUnavailable:
            raise
        except Exception:
            logger.exception("schedule_not_planned schedule=%s", schedule_id)
            return False

    def _plan_one(self, session: Session, schedule_id: UUID, now: datetime) -> bool:
        schedule = planning_repository.lock_due_schedule(session, schedule_id, now)
        if schedule is None or schedule.next_run_at is None:
            return False
        try:
            plan = plan_slots(parse_config(schedule.config), schedule.misfire, first=schedule.next_run_at, now=now)
        except InvalidSchedule:
            logger.exception("schedule_cannot_fire schedule=%s", schedule_id)
            plan = SlotPlan(run=(schedule.next_run_at,), missed=(), unseen=0, next_run_at=None)
        _insert_missed(session, schedule, plan, now)
        for slot in plan.run:
            run_id = run_repository.insert_run(session, draft_of(schedule, RunKind.SCHEDULED, slot, slot=slot), now=now)
            if run_id is not None:
                defer_run(session, run_id)
        planning_repository.advance(session, schedule.id, plan.next_run_at)
        logger.info(
            "schedule_planned schedule=%s runs=%s missed=%s", schedule.id, len(plan.run), len(plan.missed) + plan.unseen
        )
        return True


def plan_slots(config: ScheduleConfig, misfire: Misfire, *, first: datetime, now: datetime) -> SlotPlan:
    """Sort the slots from `first` to `now` into run and missed; slots inside the grace always run."""
    slots: deque[datetime] = deque([first], maxlen=_KEPT)
    total, upcoming = 1, None
    after = first
    while upcoming is None:
        fires = next_fire_times(config, after=after, count=_BATCH)
        passed = [fire.at for fire in fires if fire.at <= now]
        slots.extend(passed)
        total += len(passed)
        if len(passed) < len(fires):
            upcoming = fires[len(passed)].at
        elif not fires:
            break
        else:
            after = fires[-1].at
    late = [slot for slot in slots if slot < now - GRACE]
    on_time = [slot for slot in slots if slot >= now - GRACE]
    good = _made_good(late, misfire, has_newer=bool(on_time))
    shown = [slot for slot in late if slot not in good][-MAX_SHOWN_MISSED:]
    return SlotPlan(
        run=(*sorted(good), *on_time),
        missed=tuple(shown),
        unseen=total - len(good) - len(on_time) - len(shown),
        next_run_at=upcoming,
    )


def draft_of(
    schedule: PlannedSchedule, kind: RunKind, logical_at: datetime, *, slot: datetime | None = None
) -> RunDraft:
    """Return the run of a schedule, with everything it needs copied from it."""
    return RunDraft(
        organization_id=schedule.organization_id,
        kind=kind,
        title=schedule.report_name,
        definition=schedule.definition,
        definition_sha256=schedule.definition_sha256,
        parameters=schedule.report_parameters,
        file_options=schedule.file_options,
        terms=schedule.terms,
        requested_by=schedule.owner_id,
        formats=schedule.formats,
        logical_at=logical_at,
        schedule_id=schedule.id,
        report_id=schedule.report_id,
        report_version=schedule.report_version,
        recipients=schedule.recipients,
        email_subject=schedule.email_subject,
        email_body=schedule.email_body,
        scheduled_for=slot,
    )


def _made_good(late: list[datetime], misfire: Misfire, *, has_newer: bool) -> frozenset[datetime]:
    if misfire is Misfire.ALL:
        return frozenset(late[-MAX_MADE_GOOD:])
    if misfire is Misfire.LATEST and not has_newer:
        return frozenset(late[-1:])
    return frozenset()


def _insert_missed(session: Session, schedule: PlannedSchedule, plan: SlotPlan, now: datetime) -> None:
    for position, slot in enumerate(plan.missed):
        message = _MISSED
        if plan.unseen and position == 0:
            message = f"{_MISSED} {plan.unseen:,} earlier times were missed as well."
        run_repository.insert_missed_run(
            session, draft_of(schedule, RunKind.SCHEDULED, slot, slot=slot), now=now, message=message
        )
