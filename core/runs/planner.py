"""The planner: turns due slots into runs, exactly one a slot, whatever the number of planners. It executes nothing."""

import json
import logging
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import Clock
from core.db import planning_repository, run_inserting
from core.db.calendar_repository import business_calendar
from core.db.database import Database
from core.db.planning_repository import DueSchedule, PlannedSchedule
from core.db.queue import defer_runs
from core.db.run_inserting import RunDraft
from core.domain.calendar import BusinessCalendar
from core.domain.run import RunKind
from core.domain.schedule import Misfire, ScheduleConfig
from core.errors import DatabaseUnavailable, InvalidSchedule
from core.runs import failpoints
from core.runs.clock_watch import ClockWatch
from core.schedules.config_json import parse_config
from core.schedules.recurrence import next_fire_times

logger = logging.getLogger(__name__)

#: A slot planned later than this was missed; the schedule's misfire policy decides.
GRACE = timedelta(minutes=5)
#: Most missed slots that "run all" makes good, and most that become visible as missed runs at one time.
MAX_MADE_GOOD = 50
MAX_SHOWN_MISSED = 500
#: Slots asked for at one time where many have passed; of most schedules one has, and the next one is wanted.
_MOST_AT_ONCE = 1024
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
    """Plans due schedules, many in one transaction; planners side by side pass over what another one has."""

    def __init__(self, database: Database, clock: Clock, *, page: int = 2000, batch: int = 250) -> None:
        """`page`: due schedules looked up at a time; `batch`: most that one transaction plans."""
        self._database = database
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._page = page
        self._batch = batch

    def plan(self) -> int:
        """Plan what is due now; returns how many schedules this planner took."""
        now = self._clock.now()
        if self._watch.jumped_by() < timedelta():
            self._come_back(now)
        taken, last = 0, None
        while True:
            with self._database.installation() as session:
                due = planning_repository.due_schedules(session, now, self._page, behind=last)
            for organization_id, ids in _batches(due, self._batch):
                taken += self._plan_safely(organization_id, ids, now)
            if len(due) < self._page:
                return taken
            last = due[-1]

    def _come_back(self, now: datetime) -> None:
        """The clock was ahead and was set back: what was planned for the time in between is planned again.

        A slot that has its run by now gets no second one.
        """
        logger.warning("clock_was_set_back")
        last = None
        while True:
            with self._database.installation() as session:
                page = planning_repository.schedules_to_come(session, now, self._page, behind=last)
            for organization_id, ids in _batches(page, self._batch):
                with self._database.organization(organization_id) as session:
                    _bring_back(session, ids, now)
            if len(page) < self._page:
                return
            last = page[-1]

    def _plan_safely(self, organization_id: UUID, ids: Sequence[UUID], now: datetime) -> int:
        """One schedule that cannot be planned must not hold up the others: halves are tried until it stands alone."""
        try:
            with self._database.organization(organization_id) as session:
                planned = _plan_batch(session, ids, now)
            failpoints.reach(failpoints.PLANNED)
            return planned
        except DatabaseUnavailable:
            raise
        except Exception:
            if len(ids) == 1:
                logger.exception("schedule_not_planned schedule=%s", ids[0])
                return 0
        middle = len(ids) // 2
        return sum(self._plan_safely(organization_id, half, now) for half in (ids[:middle], ids[middle:]))


def _plan_batch(session: Session, ids: Sequence[UUID], now: datetime) -> int:
    """Plan schedules of one organization: their runs, their marks of missed slots, their next slots and the jobs."""
    schedules = planning_repository.lock_due_schedules(session, ids, now)
    slots = _Slots(session, now)
    plans = [(schedule, slots.of(schedule)) for schedule in schedules]
    made = run_inserting.insert_runs(
        session,
        [draft_of(schedule, RunKind.SCHEDULED, slot, slot=slot) for schedule, plan in plans for slot in plan.run],
        now=now,
    )
    missed = [marked for schedule, plan in plans for marked in _missed(schedule, plan)]
    run_inserting.insert_missed_runs(session, missed, now=now)
    planning_repository.advance(session, {schedule.id: plan.next_run_at for schedule, plan in plans})
    defer_runs(session, made, priority=RunKind.SCHEDULED.priority)
    failpoints.reach(failpoints.PLANNING)
    logger.info("schedules_planned schedules=%s runs=%s missed=%s", len(plans), len(made), len(missed))
    return len(plans)


def _bring_back(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """Let schedules go on with their first slot after `now`, and forget marks of slots that have not come yet."""
    planning_repository.forget_early_marks(session, ids, now)
    sooner: dict[UUID, datetime | None] = {}
    for schedule in planning_repository.lock_schedules(session, ids):
        try:
            config = parse_config(schedule.config)
            calendar = business_calendar(session, config)
            following = next_fire_times(config, after=now, count=1, calendar=calendar)
        except InvalidSchedule:
            logger.exception("schedule_cannot_fire schedule=%s", schedule.id)
            continue
        if following and schedule.next_run_at is not None and following[0].at < schedule.next_run_at:
            sooner[schedule.id] = following[0].at
    planning_repository.advance(session, sooner)


def _batches(due: Sequence[DueSchedule], size: int) -> list[tuple[UUID, list[UUID]]]:
    """Batches of one organization each, in an order of their own, so that planners side by side seldom meet."""
    by_organization: dict[UUID, list[UUID]] = {}
    for schedule in due:
        by_organization.setdefault(schedule.organization_id, []).append(schedule.id)
    batches = [
        (organization_id, ids[start : start + size])
        for organization_id, ids in by_organization.items()
        for start in range(0, len(ids), size)
    ]
    random.shuffle(batches)
    return batches


class _Slots:
    """What becomes of due slots, worked out once for schedules that say the same."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self._known: dict[tuple[str, Misfire, datetime], SlotPlan] = {}

    def of(self, schedule: PlannedSchedule) -> SlotPlan:
        """The plan of a due schedule; one that cannot fire any more runs its slot and has no next one."""
        first = schedule.next_run_at or self._now
        key = (json.dumps(schedule.config, sort_keys=True), schedule.misfire, first)
        if key not in self._known:
            try:
                config = parse_config(schedule.config)
                calendar = business_calendar(self._session, config)
                self._known[key] = plan_slots(config, schedule.misfire, first=first, now=self._now, calendar=calendar)
            except InvalidSchedule:
                logger.exception("schedule_cannot_fire schedule=%s", schedule.id)
                return SlotPlan(run=(first,), missed=(), unseen=0, next_run_at=None)
        return self._known[key]


def plan_slots(
    config: ScheduleConfig,
    misfire: Misfire,
    *,
    first: datetime,
    now: datetime,
    calendar: BusinessCalendar | None = None,
) -> SlotPlan:
    """Sort the slots from `first` to `now` into run and missed; slots inside the grace always run."""
    slots: deque[datetime] = deque([first], maxlen=_KEPT)
    total, upcoming = 1, None
    after, count = first, 2
    while upcoming is None:
        fires = next_fire_times(config, after=after, count=count, calendar=calendar)
        count = min(2 * count, _MOST_AT_ONCE)
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
        burst=schedule.burst,
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


def _missed(schedule: PlannedSchedule, plan: SlotPlan) -> list[tuple[RunDraft, str]]:
    """The marks of a schedule's missed slots; the first one speaks of those that get none."""
    marks = []
    for position, slot in enumerate(plan.missed):
        message = _MISSED
        if plan.unseen and position == 0:
            message = f"{_MISSED} {plan.unseen:,} earlier times were missed as well."
        marks.append((draft_of(schedule, RunKind.SCHEDULED, slot, slot=slot), message))
    return marks
