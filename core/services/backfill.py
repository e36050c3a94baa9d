"""Backfill: the past slots of a schedule made again, each as of its own moment."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import planning_repository, run_inserting, run_reading, schedule_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.history_repository import backfilled
from core.db.planning_repository import PlannedSchedule
from core.db.queue import defer_runs
from core.domain.access import Permission, Principal
from core.domain.run import Run, RunKind
from core.domain.schedule import ScheduleConfig
from core.errors import InvalidInput
from core.runs.planner import draft_of
from core.services.next_runs import next_slots

#: Most slots that are made again at one time.
MAX_BACKFILL = 366
#: Slots of a range that is refused are counted up to here.
_MOST_COUNTED = 10_000


class BackfillService:
    """Makes runs for slots that have passed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def backfill(
        self,
        principal: Principal,
        schedule_id: UUID,
        *,
        first: datetime,
        last: datetime,
        deliver: bool = False,
        limit: int = MAX_BACKFILL,
        again: bool = False,
    ) -> tuple[Run, ...]:
        """Make a run for each slot from `first` to `last` that has passed, and return them in the order of the slots.

        A slot that was made again before gives that run, unless it failed or was cancelled, sends nothing although
        `deliver` is asked for, or everything is to be made `again`. Without `deliver` there are only files.
        Raises InvalidInput, with the number of slots, for more of them than `limit`.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        if not 1 <= limit <= MAX_BACKFILL:
            raise InvalidInput(f"Up to {MAX_BACKFILL} runs are made at one time.", place="limit")
        if last < first:
            raise InvalidInput("The end lies before the beginning.", place="to")
        with self._database.person(principal) as session:
            # Two backfills of one schedule take turns: a slot is not made twice.
            saved = schedule_repository.load_schedule(session, schedule_id, lock=True)
            config = saved.config
            slots = _slots(session, config, first=first, last=min(last, self._clock.now()), limit=limit)
            schedule = planning_repository.load_planned_schedule(session, schedule_id)
            known = {} if again else backfilled(session, schedule_id, slots, delivering_only=deliver)
            missing = [slot for slot in slots if slot not in known]
            made = self._make(session, schedule, missing, deliver=deliver)
            told = {"slots": missing, "delivers": deliver}
            note(session, principal, "schedule.made_again", object_id=schedule_id, name=saved.name, after=told)
            return run_reading.load_runs(session, (*known.values(), *made))

    def _make(
        self, session: Session, schedule: PlannedSchedule, slots: list[datetime], *, deliver: bool
    ) -> tuple[UUID, ...]:
        drafts = [draft_of(schedule, RunKind.BACKFILL, slot, slot=slot) for slot in slots]
        if not deliver:
            drafts = [replace(draft, recipients=()) for draft in drafts]
        made = run_inserting.insert_runs(session, drafts, now=self._clock.now())
        defer_runs(session, made, priority=RunKind.BACKFILL.priority)
        return made


def _slots(
    session: Session, config: ScheduleConfig, *, first: datetime, last: datetime, limit: int
) -> tuple[datetime, ...]:
    def passed(count: int) -> tuple[datetime, ...]:
        found = next_slots(session, config, after=first - timedelta(microseconds=1), count=count)
        return tuple(slot.at for slot in found if slot.at <= last)

    slots = passed(limit + 1)
    if len(slots) <= limit:
        return slots
    number = len(passed(_MOST_COUNTED + 1))
    shown = f"{number:,}" if number <= _MOST_COUNTED else f"more than {_MOST_COUNTED:,}"
    raise InvalidInput(f"The schedule has {shown} times in this range; up to {limit:,} are made at once.", place="to")
