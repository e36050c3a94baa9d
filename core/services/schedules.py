"""Schedules: creating, changing, pausing, and saying when they run."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.policy import require
from core.clock import Clock
from core.db import calendar_repository, dashboard_repository, member_repository, report_repository, schedule_repository
from core.db.audit_repository import note
from core.db.database import Database
from core.db.sight import may_see
from core.deliver.channel import Channel
from core.domain.access import Permission, Principal
from core.domain.catalog import Problem
from core.domain.page import Page
from core.domain.schedule import FireTime, Schedule, ScheduleConfig, ScheduleDraft
from core.domain.text import check_text
from core.errors import Conflict, InvalidInput, InvalidSchedule
from core.render import RENDERERS
from core.runs.quotas import Quotas
from core.schedules.recurrence import check_config
from core.schedules.words import describe_config
from core.secrets import SecretBox
from core.services.burst_drafts import check_burst_fields
from core.services.file_choices import UNCHANGED, PasswordChange, hold_template, with_password
from core.services.next_runs import Covering, next_slot, next_slots, recurrence_words, with_windows
from core.services.recipients import hold_recipients
from core.services.schedule_drafts import check_draft, draft_of, with_parameters

MAX_NEXT_RUNS = 100
MAX_REASON_LENGTH = 300
MAX_SEARCH_LENGTH = 200
_NO_OWNER = "Its owner left. Give it to somebody first."
_UNSEEN = "Its owner may not see what it sends. Give it to somebody who may, or have it shared with them again."


class ScheduleService:
    """Everything a person does with schedules."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        channels: Mapping[str, Channel],
        box: SecretBox | None = None,
        quotas: Quotas | None = None,
    ) -> None:
        """`box` seals the passwords of files; without it files are given none. Without `quotas` nothing is limited."""
        self._database = database
        self._clock = clock
        self._channels = channels
        self._box = box
        self._quotas = quotas

    def list(
        self,
        principal: Principal,
        *,
        report_id: UUID | None = None,
        is_active: bool | None = None,
        is_failing: bool | None = None,
        search: str = "",
        page: int = 1,
        limit: int = 50,
    ) -> Page[Schedule]:
        """Return schedules by next run, paused ones last; `search` looks at the name, what is sent and the owner."""
        require(principal, Permission.VIEW_REPORTS)
        check_text(search, place="search", max_length=MAX_SEARCH_LENGTH)
        with self._database.person(principal) as session:
            return schedule_repository.list_schedules(
                session,
                report_id=report_id,
                is_active=is_active,
                is_failing=is_failing,
                search=search,
                page=page,
                limit=limit,
            )

    def get(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Return a schedule; raises NotFound."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return schedule_repository.load_schedule(session, schedule_id)

    def problems(self, principal: Principal, schedule: Schedule) -> tuple[Problem, ...]:
        """Return why the next run would fail: values that the report, as it is now, needs or does not take."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            try:
                with_parameters(session, draft_of(schedule))
            except InvalidInput as error:
                return (Problem(place=error.place, message=error.user_message),)
        return ()

    def create(self, principal: Principal, draft: ScheduleDraft, *, password: PasswordChange = UNCHANGED) -> Schedule:
        """Save a new schedule, its files locked with `password`; raises InvalidInput with the place, saving nothing."""
        require(principal, Permission.MANAGE_SCHEDULES)
        draft = self._with_password(draft, password, None)
        check_draft(draft, self._channels)
        with self._database.person(principal) as session:
            if self._quotas is not None:
                self._quotas.hold_schedule(session, principal)
            calendar_repository.hold_calendars(session, principal.organization_id, share=True)
            hold_template(session, draft.file_options, place="file_options")
            draft = with_parameters(session, self._with_recipients(session, principal, draft))
            schedule_id = schedule_repository.insert_schedule(
                session,
                draft,
                organization_id=principal.organization_id,
                owner_id=principal.user_id,
                next_run_at=self._next_run_at(session, draft),
            )
            made = schedule_repository.load_schedule(session, schedule_id)
            return note(session, principal, "schedule.created", after=made)

    def update(
        self,
        principal: Principal,
        schedule_id: UUID,
        draft: ScheduleDraft,
        *,
        expected_version: int | None = None,
        password: PasswordChange = UNCHANGED,
    ) -> Schedule:
        """Replace what a schedule says; raises Conflict where `expected_version` is no longer the newest."""
        return self.change(
            principal, schedule_id, lambda _current: draft, expected_version=expected_version, password=password
        )

    def change(
        self,
        principal: Principal,
        schedule_id: UUID,
        merge: Callable[[Schedule], ScheduleDraft],
        *,
        expected_version: int | None = None,
        password: PasswordChange = UNCHANGED,
    ) -> Schedule:
        """Replace a schedule by what `merge` makes of its newest version; the same as before is no new version.

        The password of its files is no part of that: it stays unless `password` says otherwise.
        Raises Conflict where `expected_version` is no longer the newest. Without it writers take turns, so that each
        merges into what the one before it saved.
        """
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            calendar_repository.hold_calendars(session, principal.organization_id, share=True)
            current = schedule_repository.load_schedule(session, schedule_id, lock=True)
            if expected_version is not None and expected_version != current.version:
                raise Conflict
            draft = self._with_password(merge(current), password, current.file_options.sealed_password)
            if draft == draft_of(current):
                return current
            check_draft(draft, self._channels)
            if draft.is_active:
                _require_owner(session, current)
            hold_template(session, draft.file_options, place="file_options")
            draft = with_parameters(session, self._with_recipients(session, principal, draft))
            if draft == draft_of(current):
                return current
            schedule_repository.replace_schedule(
                session,
                schedule_id,
                draft,
                expected_version=current.version,
                next_run_at=self._next_run_at(session, draft),
            )
            saved = schedule_repository.load_schedule(session, schedule_id)
            return note(session, principal, "schedule.changed", before=current, after=saved)

    def pause(
        self, principal: Principal, schedule_id: UUID, *, until: datetime | None = None, because: str | None = None
    ) -> Schedule:
        """Stop a schedule until it is resumed, by itself at `until`. Raises InvalidInput with the place."""
        require(principal, Permission.MANAGE_SCHEDULES)
        reason = _pause_reason(because)
        if until is not None and (until.tzinfo is None or until <= self._clock.now()):
            raise InvalidInput("Give a time that is still to come, with its offset.", place="until")
        with self._database.person(principal) as session:
            current = schedule_repository.load_schedule(session, schedule_id, lock=True)
            if current.owner_left_at is not None:
                raise Conflict(_NO_OWNER, place="owner")
            schedule_repository.pause(session, schedule_id, until=until, because=reason)
            paused = schedule_repository.load_schedule(session, schedule_id)
            return note(session, principal, "schedule.paused", before=current, after=paused)

    def resume(self, principal: Principal, schedule_id: UUID) -> Schedule:
        """Let a paused schedule run again from now on. Raises Conflict where nobody owns it any more."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            current = schedule_repository.load_schedule(session, schedule_id, lock=True)
            _require_owner(session, current)
            _require_subject(session, current)
            next_run_at = next_slot(session, current.config, after=self._clock.now())
            schedule_repository.resume(session, schedule_id, next_run_at=next_run_at)
            resumed = schedule_repository.load_schedule(session, schedule_id)
            return note(session, principal, "schedule.resumed", before=current, after=resumed)

    def delete(self, principal: Principal, schedule_id: UUID) -> None:
        """Delete a schedule; its runs and files stay."""
        require(principal, Permission.MANAGE_SCHEDULES)
        with self._database.person(principal) as session:
            schedule = schedule_repository.load_schedule(session, schedule_id)
            schedule_repository.delete_schedule(session, schedule_id)
            note(session, principal, "schedule.deleted", before=schedule)

    def next_runs(
        self,
        principal: Principal,
        config: ScheduleConfig,
        *,
        count: int = 5,
        after: datetime | None = None,
        covering: Covering | None = None,
    ) -> tuple[FireTime, ...]:
        """Return the next slots strictly after `after`, which is now unless given; raises InvalidSchedule.

        `covering`: the report whose window each of the runs covers is said with it.
        """
        if not 1 <= count <= MAX_NEXT_RUNS:
            raise InvalidInput(f"Ask for 1 to {MAX_NEXT_RUNS} runs.", place="count")
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            slots = next_slots(session, config, after=after or self._clock.now(), count=count)
            return slots if covering is None else with_windows(session, slots, covering)

    def describe(self, config: ScheduleConfig) -> str:
        """Return the recurrence in words: "Every Monday at 09:00 (New York)"."""
        return describe_config(config)

    def recurrence_words(self, principal: Principal, config: ScheduleConfig) -> str:
        """Return the recurrence in words, with the name of the organization's calendar that it follows."""
        require(principal, Permission.VIEW_REPORTS)
        with self._database.person(principal) as session:
            return recurrence_words(session, config)

    def formats(self) -> tuple[tuple[str, str], ...]:
        """Return every file format as key and label."""
        return tuple((key, renderer.label) for key, renderer in RENDERERS.items())

    def channels(self) -> tuple[tuple[str, str], ...]:
        """Return every channel as key and label."""
        return tuple((key, channel.label) for key, channel in self._channels.items())

    def _with_recipients(self, session: Session, principal: Principal, draft: ScheduleDraft) -> ScheduleDraft:
        if draft.burst is not None:
            check_burst_fields(session, principal, draft, draft.burst)
        found = hold_recipients(session, principal.organization_id, draft.recipients, self._channels)
        return replace(draft, recipients=found)

    def _next_run_at(self, session: Session, draft: ScheduleDraft) -> datetime | None:
        check_config(draft.config, calendar_repository.business_calendar(session, draft.config))
        at = next_slot(session, draft.config, after=self._clock.now())
        if at is None:
            raise InvalidSchedule(
                "This schedule never runs: its end lies before its next time.", place="schedule_config"
            )
        return at if draft.is_active else None

    def _with_password(self, draft: ScheduleDraft, change: PasswordChange, present: str | None) -> ScheduleDraft:
        return replace(draft, file_options=with_password(draft.file_options, change, self._box, present=present))


def _require_owner(session: Session, schedule: Schedule) -> None:
    """Its runs read what its owner may see: without one who sees what it sends it cannot run. Raises Conflict."""
    owner = member_repository.member_principal(session, schedule.organization_id, schedule.owner_id)
    if owner is None:
        raise Conflict(_NO_OWNER, place="owner")
    if not may_see(session, owner, report_id=schedule.report_id, dashboard_id=schedule.dashboard_id):
        raise Conflict(_UNSEEN, place="owner")


def _require_subject(session: Session, schedule: Schedule) -> None:
    """What is sent was not archived meanwhile. Raises NotFound."""
    if schedule.report_id is not None:
        report_repository.load_report(session, schedule.report_id)
    elif schedule.dashboard_id is not None:
        dashboard_repository.load_dashboard(session, schedule.dashboard_id)


def _pause_reason(because: str | None) -> str | None:
    if because is None or not because.strip():
        return None
    return check_text(because.strip(), place="because", max_length=MAX_REASON_LENGTH, one_line=True)
