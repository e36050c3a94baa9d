"""Looking after schedules: copies, other owners, and the same thing done to many at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import calendar_repository, care_repository, member_repository, schedule_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.deliver.channel import Channel
from core.domain.access import Permission, Principal
from core.domain.schedule import Schedule
from core.errors import BroadsheetError, DatabaseUnavailable, InvalidInput
from core.runs.departures import hand_over, new_owner, require_subjects
from core.runs.quotas import Quotas
from core.services.file_choices import hold_template
from core.services.recipients import hold_destinations
from core.services.runs import RunService
from core.services.schedule_drafts import MAX_NAME_LENGTH, draft_of, with_parameters
from core.services.schedules import ScheduleService

MAX_AT_ONCE = 500
_COPY = "Copy of "


class BulkAction(StrEnum):
    """What can be done to many schedules at once."""

    PAUSE = "pause"  #: until they are resumed, or until the time given
    RESUME = "resume"
    TRANSFER = "transfer"
    DELETE = "delete"
    RUN = "run"  #: send them now


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOrder:
    """What to do; `until` and `because` go with a pause, `owner`, an address, with a transfer."""

    action: BulkAction
    until: datetime | None = None
    because: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAnswer:
    """What became of one schedule."""

    schedule_id: UUID
    is_done: bool
    message: str  #: for people: what was done, or why it was not
    run_id: UUID | None = None  #: the run that was started


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Schedules with a new owner."""

    owner: str
    schedule_ids: tuple[UUID, ...]

    @property
    def in_words(self) -> str:
        """What this means for what they send."""
        return reads_as(self.owner)


def reads_as(owner: str) -> str:
    """Say whose rows the runs of a schedule read from now on."""
    return f"From the next run on the report shows what {owner} may see."


class ScheduleCareService:
    """Everything about schedules that goes beyond one and its content."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        channels: Mapping[str, Channel],
        schedules: ScheduleService,
        runs: RunService,
        quotas: Quotas | None = None,
    ) -> None:
        """Without `quotas` nothing is limited."""
        self._database = database
        self._clock = clock
        self._channels = channels
        self._schedules = schedules
        self._runs = runs
        self._quotas = quotas

    def clone(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Save a paused copy that belongs to the caller: its runs will read what the caller may see."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            if self._quotas is not None:
                self._quotas.hold_schedule(session, principal)
            calendar_repository.hold_calendars(session, principal.organization_id, share=True)
            draft = draft_of(schedule_repository.load_schedule(session, schedule_id))
            name = f"{_COPY}{draft.name}"[:MAX_NAME_LENGTH].rstrip()
            hold_template(session, draft.file_options, place="file_options")
            hold_destinations(session, draft.recipients, self._channels)
            copy_id = schedule_repository.insert_schedule(
                session,
                with_parameters(session, replace(draft, name=name, is_active=False)),
                organization_id=principal.organization_id,
                owner_id=principal.user_id,
                next_run_at=None,
            )
            return note(
                session, principal, "schedule.created", after=schedule_repository.load_schedule(session, copy_id)
            )

    def transfer(self, principal: Principal, schedule_id: UUID, *, owner: str) -> Schedule:
        """Give a schedule to the member with the address `owner`: its runs read what that person may see.

        A schedule that its former owner's departure paused stays paused until it is resumed. Raises InvalidInput.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            to = new_owner(session, principal.organization_id, owner, place="owner")
            current = schedule_repository.load_schedule(session, schedule_id, lock=True)
            if current.owner_id != to.user_id:
                schedule = care_repository.load_paused(session, schedule_id)
                require_subjects(session, to, (schedule,), place="owner")
                schedule_repository.set_owner(session, schedule_id, to.user_id)
            given = schedule_repository.load_schedule(session, schedule_id)
            return note(session, principal, "schedule.given", before=current, after=given)

    def hand_over(self, principal: Principal, *, from_owner: str | None, to: str) -> HandedOver:
        """Give all schedules of a member, or None: of everybody who left, to the member with the address `to`.

        Those that the departure paused go on. All of them or none. Raises InvalidInput with the place.
        """
        require(principal, Permission.MANAGE_MEMBERS)
        with self._database.person(principal) as session:
            owner = new_owner(session, principal.organization_id, to, place="to")
            from_id = self._former(session, principal, from_owner)
            if from_id == owner.user_id:
                raise InvalidInput("They have them already.", place="to")
            ids = hand_over(session, principal.organization_id, from_id=from_id, to=owner, now=self._clock.now())
            told = {"from": from_id, "schedules": ids}
            note(session, principal, "schedule.handed_over", after=told, object_id=owner.user_id, name=owner.name)
        return HandedOver(owner=owner.name, schedule_ids=ids)

    def bulk(self, principal: Principal, ids: Sequence[UUID], order: BulkOrder) -> tuple[BulkAnswer, ...]:
        """Do the same to many schedules, each by itself: one answer each, in order. Nothing is done by halves.

        Raises InvalidInput where the order itself cannot be.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        if not ids:
            raise InvalidInput("Name at least one schedule.", place="ids")
        if len(ids) > MAX_AT_ONCE:
            raise InvalidInput(f"Up to {MAX_AT_ONCE} schedules at once.", place="ids")
        do = self._doing(principal, order)
        return tuple(_answer(schedule_id, do) for schedule_id in dict.fromkeys(ids))

    def _doing(self, principal: Principal, order: BulkOrder) -> Callable[[UUID], tuple[str, UUID | None]]:
        """Return what does the order to one schedule and says so, with the run it started."""

        def pause(schedule_id: UUID) -> tuple[str, None]:
            self._schedules.pause(principal, schedule_id, until=order.until, because=order.because)
            return "Paused.", None

        def resume(schedule_id: UUID) -> tuple[str, None]:
            self._schedules.resume(principal, schedule_id)
            return "Resumed.", None

        def transfer(schedule_id: UUID) -> tuple[str, None]:
            changed = self.transfer(principal, schedule_id, owner=order.owner or "")
            return f"It belongs to {changed.owner_name}. {reads_as(changed.owner_name)}", None

        def delete(schedule_id: UUID) -> tuple[str, None]:
            self._schedules.delete(principal, schedule_id)
            return "Deleted.", None

        def run(schedule_id: UUID) -> tuple[str, UUID]:
            return "It is being made.", self._runs.run_schedule_now(principal, schedule_id).id

        self._check_order(principal, order)
        actions: dict[BulkAction, Callable[[UUID], tuple[str, UUID | None]]] = {
            BulkAction.PAUSE: pause,
            BulkAction.RESUME: resume,
            BulkAction.TRANSFER: transfer,
            BulkAction.DELETE: delete,
            BulkAction.RUN: run,
        }
        return actions[order.action]

    def _check_order(self, principal: Principal, order: BulkOrder) -> None:
        """What is wrong for every schedule is said once."""
        if order.action is not BulkAction.PAUSE and (order.until is not None or order.because is not None):
            raise InvalidInput("A time and a reason go with a pause only.", place="until")
        if order.until is not None and (order.until.tzinfo is None or order.until <= self._clock.now()):
            raise InvalidInput("Give a time that is still to come, with its offset.", place="until")
        if (order.action is BulkAction.TRANSFER) != (order.owner is not None):
            raise InvalidInput("A transfer, and nothing else, takes the new owner's address.", place="owner")
        if order.owner is not None:
            with self._database.person(principal) as session:
                new_owner(session, principal.organization_id, order.owner, place="owner")

    def _former(self, session: Session, principal: Principal, email: str | None) -> UUID | None:
        if email is None:
            return None
        found = member_repository.find_member(session, principal.organization_id, email)
        if found is None:
            raise InvalidInput("Nobody with this address is or was a member of your organization.", place="from")
        return found


def _answer(schedule_id: UUID, do: Callable[[UUID], tuple[str, UUID | None]]) -> BulkAnswer:
    try:
        message, run_id = do(schedule_id)
    except DatabaseUnavailable:
        raise
    except BroadsheetError as error:
        return BulkAnswer(schedule_id=schedule_id, is_done=False, message=error.user_message)
    return BulkAnswer(schedule_id=schedule_id, is_done=True, message=message, run_id=run_id)
